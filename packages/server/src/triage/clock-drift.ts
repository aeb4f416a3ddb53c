import { finding } from '@spark/contract/finding'
import type { ExecutorHealth } from '@spark/contract/health'
import { databaseNowMs } from '../storage/database-clock.ts'
import { askExecutor } from './ask-executor.ts'
import type { Move } from './triage-deps.ts'

/** What the spec allows between two clocks before no data is believed. */
const DRIFT_MAX_MS = 1000
const STALE_MAX_MS = 60_000

/** Wall clock here, the executor's, the database's, and the time of the feed's last message: who is apart? */
export const clockDrift: Move = async (deps) => {
  const { clock, stores } = deps
  const databaseMs = (await databaseNowMs(stores.db)) - deps.realNowMs()
  const answer = await askExecutor<ExecutorHealth>(deps, '/health')
  const executor = 'problem' in answer ? null : answer
  // Half of the round trip lies between its reading and ours. Told in real time: a fast clock is as many times as exact.
  const executorMs = executor === null ? null : (executor.body.ts - executor.sentMs) / clock.speed - executor.latencyMs / 2
  const feedAgeMs =
    executor === null || executor.body.feed.lastMessageAt === null ? null : executor.body.ts - executor.body.feed.lastMessageAt
  const apart = (ms: number | null) => ms !== null && Math.abs(ms) > DRIFT_MAX_MS
  const stale = feedAgeMs === null || feedAgeMs > STALE_MAX_MS
  const line = (process: 'executor' | 'database', ms: number) => {
    const side = ms < 0 ? 'behind' : 'ahead'
    return finding(apart(ms) ? `${side}_apart` : side, { process, milliseconds: Math.round(Math.abs(ms)) })
  }
  return {
    ok: executor !== null && !apart(databaseMs) && !apart(executorMs) && !stale,
    findings: [
      ...('problem' in answer ? [answer.problem] : []),
      ...(executorMs === null ? [] : [line('executor', executorMs)]),
      line('database', databaseMs),
      feedAgeMs === null
        ? finding('market_silent')
        : finding(stale ? 'market_stale' : 'market_heard', { seconds: (feedAgeMs / 1000).toFixed(1) }),
    ],
    detail: { nowMs: clock.nowMs(), databaseMs, executorMs, feedAgeMs },
  }
}
