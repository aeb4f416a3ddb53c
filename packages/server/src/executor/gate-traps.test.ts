import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ScoreAnswer } from '@spark/contract/ml'
import { createClient } from '@spark/contract/client'
import { DEFAULT_PLAN } from '@spark/core/rollout/plan'
import { emptySloCounts } from '@spark/core/rollout/slo'
import { judgeWindow, sliceFacts, type SliceFacts } from '@spark/core/rollout/slice'
import { startApi, type ApiFixture } from '../api/api-fixture.ts'
import { goodFeature } from '../api/feature-fixture.ts'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import { systemRandomness } from '../random.ts'
import { rolloutPartsOf } from '../rollout/rollout-parts.ts'
import { installStrategies, stageOn } from '../rollout/rollout-stage-fixture.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { deadLetters } from './meters.ts'
import { startMeasure, type Measure } from './measure.ts'
import { startPolling, type StrategyPoller } from './score-strategies.ts'

// Traps of other rollout controllers, each with a real api and the real poller.

const START_MS = Date.UTC(2026, 0, 5)
const stream = { symbol: 'BTCUSDT', tf: '1h' as const }
const strategies = Array.from({ length: 12 }, (_, at) => ({ id: `s-${at}`, stream }))
let clock: ManualClock
let api: ApiFixture
let url: string
let measure: Measure
let poller: StrategyPoller
let intervalMs: number
let open: Set<number>
let slices: SliceFacts[]
beforeEach(async () => {
  clock = new ManualClock(START_MS)
  intervalMs = 60_000
  open = new Set()
  slices = []
  api = await startApi({ SPARK_RATE_LIMIT_PER_MIN: '1000000' }, { clock })
  url = await api.app.listen({ port: 0, host: '127.0.0.1' })
  measure = startMeasure({
    clock,
    stalenessS: () => 1,
    dlqSize: () => 0,
    seal: ({ sliceTs, counts }) => Promise.resolve(slices.push(sliceFacts(sliceTs, counts)) > 0),
    onLost: (_slice, error) => {
      throw error
    },
    onLate: (late) => {
      throw new Error(`polls came late: ${JSON.stringify(late)}`)
    },
  })
  poller = await startPolling({
    clock,
    random: systemRandomness,
    log: createLog('test', 'silent'),
    client: createClient({ baseUrl: url, token: api.tokens.executor }),
    strategies: () => Promise.resolve(strategies),
    pollIntervalMs: () => intervalMs,
    asks: () => true,
    due(dueMs) {
      open.add(dueMs)
      measure.due(dueMs)
    },
    currentRow: () => goodFeature(clock.nowMs()) as never,
    marketNowMs: () => null,
    record(outcome) {
      open.delete(outcome.dueMs)
      measure.record(outcome)
    },
  })
})
afterEach(async () => {
  await poller.stop()
  await measure.stop()
  await api.remove()
})

/** Lets time pass second by second; every poll is answered before the next second. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await clock.advance(1000)
    while (open.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }
}
const verdicts = (gate: 'error_rate' | 'confid_median' | 'score_rate' | 'p95') =>
  slices.map((_, at) => judgeWindow(DEFAULT_PLAN, slices.slice(Math.max(0, at - 9), at + 1))[gate])

it("someone else's bad requests cannot move a gate", async () => {
  await pass(35)
  const bad = { ...goodFeature(clock.nowMs()), h: null }
  const operator = { authorization: `Bearer ${api.tokens.operator}` }
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const body = at % 4 === 0 ? '{' : JSON.stringify({ feature: bad, strategyId: `s-${at % 12}` })
      const headers = { 'content-type': 'application/json', ...(at % 2 === 0 && operator) }
      return (await fetch(`${url}/api/ml/score`, { method: 'POST', headers, body })).status
    }),
  )
  expect(new Set(statuses)).toEqual(new Set([200, 400]))
  await pass(65)
  expect(slices).toHaveLength(3)
  for (const { due, polls } of slices) expect({ due, polls }).toEqual({ due: 6, polls: { ok: 6, error: 0, timeout: 0 } })
  expect(verdicts('error_rate').map(({ verdict, value }) => [verdict, value])).toEqual([
    ['O', 0],
    ['O', 0],
    ['O', 0],
  ])
})

it('a breach ends when its cause ends: what is refused meanwhile does not feed its own gate', async () => {
  const database = await openMainDatabase({ path: api.config.databasePath, thread: true })
  const stores = createTradingStores(database.db)
  const stage = stageOn(rolloutPartsOf({ stores, config: api.config, clock, random: systemRandomness }), clock)
  await installStrategies(stage.parts)
  await stage.begin()
  const state = await stage.state()
  const breach = { gate: 'error_rate', sinceMs: START_MS, critical: true, fast: false, worst: 9 } as const
  const gates = { ...state.gates, error_rate: { ...state.gates.error_rate, breach } }
  await stores.rollouts.saveState(database.db, 'rollout-1', { ...state, gates }, START_MS)
  await pass(35)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${api.tokens.executor}` }
  const body = JSON.stringify({ feature: goodFeature(clock.nowMs()) })
  const refused = (await (await fetch(`${url}/api/ml/score`, { method: 'POST', headers, body })).json()) as ScoreAnswer
  expect(refused).toMatchObject({ decision: 0, guardrails: { pass: false, reasons: expect.arrayContaining(['slo_breach']) } })
  await pass(300)
  // Every one of them closed, and every one measured as what it is: answered.
  expect(slices.every(({ due, polls }) => polls.ok === due && due > 0)).toBe(true)
  expect(verdicts('error_rate').at(-1)).toMatchObject({ verdict: 'O', value: 0 })
  expect(verdicts('confid_median').at(-1)?.value).toBeGreaterThan(0)
  await database.close()
})

it('six dead notifications do not touch the model, six dead orders do', async () => {
  const database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  const { db } = database
  const queue = createDatabaseQueue({ db, clock, random: systemRandomness })
  const judgedWith = async (name: 'notification' | 'order') => {
    for (let at = 0; at < 6; at++) await queue.enqueue(db, { queue: name, key: `${at}`, payload: {} })
    for (const job of await queue.lease(name, { limit: 6, leaseMs: 1000 })) await queue.bury(job, 'gone', 'nobody there')
    const depth = await queue.depth()
    const counts = { ...emptySloCounts(), dlqSize: deadLetters({ depth: () => depth }) }
    return judgeWindow(DEFAULT_PLAN, [sliceFacts(START_MS, counts)]).dead_letters
  }
  expect(await judgedWith('notification')).toMatchObject({ verdict: 'O', value: 0 })
  expect(await judgedWith('order')).toMatchObject({ verdict: 'B', value: 6 })
  await database.close()
})

it('a raised floor does not lift the confidence gate', async () => {
  await pass(35)
  const before = verdicts('confid_median').at(-1)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${api.tokens.operator}` }
  const score = async () => {
    const body = JSON.stringify({ feature: goodFeature(clock.nowMs()) })
    return (await (await fetch(`${url}/api/ml/score`, { method: 'POST', headers, body })).json()) as ScoreAnswer
  }
  const { confid, decision } = await score()
  expect(decision).not.toBe(0)
  const body = JSON.stringify({ values: { ML_CONFID_FLOOR: '0.99' }, reason: 'a test' })
  expect((await fetch(`${url}/api/settings/apply`, { method: 'POST', headers, body })).status).toBe(200)
  expect(await score()).toMatchObject({ decision: 0, confid })
  await pass(330)
  expect(before?.value).toBeGreaterThan(0)
  // Also when every slice in the window was measured under the new floor.
  expect(verdicts('confid_median').at(-1)).toEqual(before)
})

it('a slower poll, and a faster one, do not trip the rate gate', async () => {
  await pass(65)
  intervalMs = 120_000
  poller.lookAtInterval()
  await pass(240)
  intervalMs = 30_000
  poller.lookAtInterval()
  await pass(60)
  const rates = verdicts('score_rate')
  expect(rates.map(({ verdict, value }) => [verdict, value])).toEqual(rates.map(() => ['O', 1]))
  expect(slices.map(({ due }) => due)).toEqual(expect.arrayContaining([6, 3, 12]))
})
