import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { systemClock } from '@spark/server/clock'
import { isOut } from '@spark/server/feed/simulated-outages'
import { createDatabaseQueue } from '@spark/server/queue/database-queue'
import { AT_ONCE } from '@spark/server/queue/queue'
import { systemRandomness } from '@spark/server/random'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { startProxy, type Proxy } from '../support/proxy.ts'
import { createSpark, eventually, health, healthy, type Spark } from '../support/spark.ts'
import { startWebhook } from '../support/webhook.ts'

// What is injected from outside (a proxy before the api, an outage of the market, jobs that cannot be read) leads to its action by
// itself. All in preview, where each hold is one slice: what a live share does instead is shown by core's decide.test.ts.

const MINUTE = 60_000
/** Slow enough that a busy machine is not taken for a silent market, see staleness below. */
const SPEED = 20
/** A latency of 1.6 s must come within the 5 s (of the clock) in which a slice waits for answers. */
const LATENCY_SPEED = 3

type View = Extract<AnswerOf<'rollout'>, { phaseReason: unknown }>

/** The first seed whose market falls silent in the second minute from now, for three to ten minutes. */
function seedOfSilence(nowMs: number): number {
  const first = Math.ceil(nowMs / MINUTE) * MINUTE
  const out = (seed: number, minute: number) => isOut({ seed, perYear: 365 }, first + minute * MINUTE)
  for (let seed = 1; ; seed++)
    if (out(seed, 2) && out(seed, 4) && ![-1, 0, 1, 12].some((minute) => out(seed, minute))) return seed
}

const planOf = (sim: string) => `
strategies:
${Array.from({ length: 12 }, (_, at) => `  - { id: m${at}, symbol: BTCUSDT, tf: 1m }`).join('\n')}
${sim}
alerts: { escalateAfterMin: 0.5 }
rollout:
  coolDownMin: 0
  steps: [{ share: 0, dwellMin: 600 }, { share: 0.1, dwellMin: 600 }]
  gates:
    p95: { holdMin: 0.5 }
    staleness: { good: 30, critical: 40, holdMin: 0.5 }
    error_rate: { holdMin: 0.5 }
    score_rate: { holdMin: 600 }
    confid_median: { good: 0.01, critical: 0 }
    dead_letters: { holdMin: 0.5 }
`

interface Installation {
  spark: Spark
  proxy: Proxy
  hook: Awaited<ReturnType<typeof startWebhook>>
}

async function install(speed: number, sim: string): Promise<Installation> {
  const [proxy, hook] = [await startProxy(), await startWebhook()]
  const spark = await createSpark({
    SPARK_CLOCK_SPEED: String(speed),
    CANARY_TIMEFRAME: '1m',
    POLL_INTERVAL_MS: '10000',
    API_URL: proxy.url,
    ALERT_WEBHOOK_URL: hook.url,
    SPARK_NOTIFY_PRIVATE: 'true',
  })
  proxy.target = spark.apiUrl
  spark.env['SPARK_CONFIG'] = join(spark.dataDir, 'gates.yaml')
  writeFileSync(spark.env['SPARK_CONFIG'], planOf(sim))
  return { spark, proxy, hook }
}

async function remove({ spark, proxy, hook }: Installation): Promise<void> {
  await spark.remove()
  await proxy.close()
  await hook.close()
}

const get = async <T>({ spark }: Installation, path: string): Promise<T> =>
  (await (await fetch(`${spark.apiUrl}${path}`)).json()) as T
const view = (one: Installation) => get<View>(one, '/api/rollout')

interface Told {
  code: string
}

/** The rollout acts by itself for this reason, people are told, and the public page shows it. */
async function acts(one: Installation, phase: View['phase'], why: string): Promise<View> {
  const now = await eventually(`${phase}, ${why}`, 60_000, async () => {
    const seen = await view(one)
    return seen.phase === phase && seen
  })
  expect(now.phaseReason).toContain(why)
  const code = `rollout_${phase}`
  // Others follow it: the first look finds it. A busy machine's executor may be out of reach just then: it stands under `last`.
  const told = await get<{ alert: Told } | { last: { value: Told } }>(one, '/api/public/alert/last')
  expect(('alert' in told ? told.alert : told.last.value).code).toBe(code)
  await eventually(`the alert ${code} arrives`, 30_000, async () =>
    one.hook.received.some(({ alerts }) => alerts.some((alert) => alert.code === code && alert.message.includes(why))),
  )
  return now
}

async function startNext(one: Installation): Promise<void> {
  await eventually('the market speaks', 60_000, async () => {
    const answer = (await health(one.spark, 'executor')) as unknown as { feed: { lastMessageAgeS: number } }
    return answer.feed.lastMessageAgeS < 10
  })
  const { code, stdout, stderr } = await one.spark.run('rollout', 'start', '--reason', 'next')
  expect(code, stdout + stderr).toBe(0)
}

let fast: Installation
let slow: Installation
/** What the slower one tells while the other's stories are told. */
let slowActs: Promise<View>
beforeAll(async () => {
  const seed = seedOfSilence(Date.now() + 8000 * SPEED)
  fast = await install(SPEED, `sim: { seed: ${seed}, outagesPerYear: 365 }`)
  slow = await install(LATENCY_SPEED, '')
  slow.proxy.delayMs = 1600
  fast.spark.start('up')
  slow.spark.start('up')
  for (const { spark } of [fast, slow]) {
    await healthy(spark, 'api', 60_000)
    await healthy(spark, 'executor', 60_000)
  }
  slowActs = acts(slow, 'preview_only', 'p95 beyond 1500 ms')
  slowActs.catch(() => {})
}, 120_000)
afterAll(async () => {
  await remove(fast)
  await remove(slow)
})

describe('by itself, in real processes', { shuffle: false }, () => {
  it('a silent market is rolled back', async () => {
    const now = await acts(fast, 'rolled_back', 'staleness beyond 40.0 s')
    expect(now).toMatchObject({ mlOff: true, epoch: 2, share: 0, exposure: { strategies: 0 } })
  }, 90_000)

  it('three scores in a hundred that fail are rolled back, and the alert names the error', async () => {
    await startNext(fast)
    fast.proxy.failEvery = 33
    const now = await acts(fast, 'rolled_back', 'error_rate beyond 2.00 %')
    fast.proxy.failEvery = 0
    expect(now).toMatchObject({ mlOff: true, epoch: 3, phaseReason: expect.stringMatching(/most frequent: .*http_503 × /) })
  }, 90_000)

  it('six jobs that cannot be read are dead letters, and make it preview-only', async () => {
    await startNext(fast)
    const database = await openMainDatabase({ path: fast.spark.databasePath, thread: true })
    const queue = createDatabaseQueue({ db: database.db, clock: systemClock, random: systemRandomness })
    const poison = { queue: 'order', payload: { kind: 'dance' }, runAt: AT_ONCE } as const
    await queue.enqueueAll(
      database.db,
      Array.from({ length: 6 }, (_, at) => ({ ...poison, key: `odd ${at}` })),
    )
    await database.close()
    // Nobody was exposed: there is nothing to fence, and scoring goes on.
    expect(await acts(fast, 'preview_only', 'dead_letters beyond 5')).toMatchObject({ mlOff: false, epoch: 3 })
  }, 90_000)

  it('scores that take 1.6 s make the canary preview-only and slow its polls by half', async () => {
    expect(await slowActs).toMatchObject({ mlOff: false, pollIntervalMs: { base: 10_000, effective: 15_000 } })
  }, 90_000)
})
