import { createClient, type Client } from '@spark/contract/client'
import { systemClock } from '@spark/server/clock'
import type { Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import type { WorkerState } from '@spark/server/supervisor/supervisor-contract'
import { apiClient } from '../processes.ts'
import { CheckFailed } from '../output.ts'
import { untilHolds } from '../until-holds.ts'

const WATCH_MS = 5000
const SCORE_EVERY_MS = 250
const SLOW_MS = 1000
const OFF_LIMIT_MS = 5000
const LOOK_EVERY_MS = 100
const HOUR_MS = 3_600_000

/** A client of this very worker. */
export function workerClient(config: Config, { name, url }: WorkerState): Client {
  if (url === null) throw new CheckFailed(`${name} does not say where it answers`)
  return apiClient({ ...config, apiUrl: url })
}

/** It is of this build, its versions are complete, and what cannot be scored is answered closed. */
export async function verifyVersionAndScore(client: Client, sha: string): Promise<string> {
  const version = await client.call('mlVersion')
  if (version.buildSha !== sha) throw new CheckFailed(`it runs build ${version.buildSha}, not ${sha}`)
  const feature = { ts: 1, symbol: 'X', tf: '1h', o: null, h: 1, l: 1, c: 1, v: 1 }
  const closed = await client.call('mlScore', { body: { feature } })
  if (!closed.advisory || closed.decision !== 0) throw new CheckFailed('a price of null is answered as if it were scored')
  return `features ${version.featureVersion}, model ${version.modelVersion}, a row that cannot be scored is closed`
}

/** Asks it for scores for a moment. Resolves with the figures; rejects with CheckFailed when it ends, fails or is slow. */
export async function watchFirstFigures(client: Client, config: Config, pid: number | null): Promise<string> {
  const startedMs = systemClock.monotonicMs()
  const durations: number[] = []
  while (systemClock.monotonicMs() - startedMs < WATCH_MS) {
    const askedMs = systemClock.monotonicMs()
    const answer = await client.call('mlScore', { body: { feature: sampleRow(config) } })
    if (answer._err !== undefined && answer._err !== null) throw new CheckFailed(`a plain row is refused: ${answer._err}`)
    durations.push(systemClock.monotonicMs() - askedMs)
    await systemClock.sleep(SCORE_EVERY_MS)
  }
  const health = await client.call('healthz')
  if (!health.ok || health.pid !== pid) throw new CheckFailed(health.detail ?? 'it was started again meanwhile')
  const p95 = durations.sort((a, b) => a - b)[Math.ceil(durations.length * 0.95) - 1] ?? 0
  const said = `${durations.length} scores in ${WATCH_MS / 1000} s, p95 ${p95.toFixed(1)} ms, no error`
  if (p95 > SLOW_MS) throw new CheckFailed(`${said}; good is at most ${SLOW_MS} ms`)
  return said
}

/** Within 5 s it answers scores with mode off: a worker looks at the rollout twice a second. */
export async function verifyOff(apiUrl: string, limitMs = OFF_LIMIT_MS): Promise<void> {
  const client = createClient({ baseUrl: apiUrl })
  await untilHolds({ limitMs, everyMs: LOOK_EVERY_MS }, async () => {
    const feature = { ts: 1, symbol: 'X', tf: '1h', o: 1, h: 1, l: 1, c: 1, v: 1 }
    const { mode } = await client.call('mlScore', { body: { feature } })
    return mode === 'off' ? { value: mode } : { problem: `${apiUrl} still answers scores in mode ${mode}` }
  })
}

/** A row that every model can score; it counts in no gate, because the executor did not send it. */
function sampleRow(config: Config) {
  const { symbol, tf } = config.canary
  const ts = Math.floor(folderClock(config).nowMs() / HOUR_MS) * HOUR_MS
  const candle = { o: 100, h: 110, l: 95, c: 108, v: 12 }
  return { ts, symbol, tf, ...candle, rsi_14: 71, macd_hist: 0.9, ema_20: 104, ema_50: 99, atr_14: 4 }
}
