import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ScoreAnswer } from '@spark/contract/ml'
import { createClient } from '@spark/contract/client'
import { DEFAULT_PLAN } from '@spark/core/rollout/plan'
import { judgeWindow, sliceFacts, type SliceFacts } from '@spark/core/rollout/slice'
import { startApi, type ApiFixture } from '../api/api-fixture.ts'
import { goodFeature } from '../api/feature-fixture.ts'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
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
