import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Timeseries, Window } from '@spark/contract/metrics'
import { SLICE_MS, emptySloCounts } from '@spark/core/rollout/slo'
import { recordValue } from '@spark/core/stats/histogram'
import { ManualClock } from '../clock.ts'
import { sloMetrics } from '../slo-slices.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { startApi, type ApiFixture } from './api-fixture.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 5, 15, 12)
const FIVE_MINUTES = 10 * SLICE_MS

let api: ApiFixture
beforeAll(async () => {
  api = await startApi({}, { clock: new ManualClock(NOON) })
  const database = await openMainDatabase({ path: api.config.databasePath, thread: false })
  const store = createMetricSliceStore(database.db)
  /** Ten slices of ten polls, a score each; the last is so slow, ms. */
  const measured = async (fromMs: number, slowestMs: number) => {
    for (let at = 0; at < 10; at++) {
      const counts = { ...emptySloCounts(), due: 10, polls: { ok: 10, error: 0, timeout: 0 }, stalenessS: at, dlqSize: 0 }
      recordValue(counts.latencyMs, at === 9 ? slowestMs : 20, 10)
      recordValue(counts.confid, 0.6, 10)
      const sliceTs = fromMs + at * SLICE_MS
      await store.seal({ sliceTs, source: 'executor', metrics: sloMetrics({ sliceTs, counts }) })
    }
  }
  await measured(NOON - 40 * 24 * HOUR, 20)
  await measured(NOON - 50 * HOUR, 20)
  await measured(NOON - 2 * HOUR, 2000)
  await measured(NOON - 2 * HOUR + FIVE_MINUTES, 20)
  await database.close()
})
afterAll(() => api.remove())

async function series(window: Window) {
  const url = `/api/tools/metrics/timeseries?window=${window}`
  const { step_s, data } = (await api.app.inject({ url, headers: { host: 'localhost:3003' } })).json<Timeseries>()
  // The last point is now: nothing measures.
  expect(data.at(-1)).toMatchObject({ p95_ms: null, ml_score_per_min: null })
  return { step_s, points: data.slice(0, -1).map((point) => ({ ...point, hours: (point.ts - NOON) / HOUR })) }
}

describe('windows that are longer than the slices are kept', () => {
  it('24h: a point for five minutes, from all of their polls', async () => {
    const { step_s, points } = await series('24h')
    expect(step_s).toBe(300)
    expect(points).toMatchObject([
      { hours: -2 + 1 / 12, ml_score_per_min: 20, error_rate: 0, staleness_s: 9, dlq_size: 0 },
      { hours: -2 + 2 / 12, ml_score_per_min: 20 },
    ])
    // A tenth of them was slow.
    expect(points[0]?.p95_ms).toBeGreaterThan(1500)
    expect(points[1]?.p95_ms).toBeLessThanOrEqual(20)
  })

  it('7d, 30d: a point an hour; what is slow in a twentieth of the polls is not in its p95', async () => {
    const { step_s, points } = await series('7d')
    expect(step_s).toBe(3600)
    expect(points.map(({ hours }) => hours)).toEqual([-49, -1])
    expect(points.map(({ ml_score_per_min: rate }) => rate)).toEqual([100 / 60, 200 / 60])
    expect(points[1]?.p95_ms).toBeLessThanOrEqual(20)
    expect((await series('30d')).points).toEqual(points)
  })

  it('90d: a point for three hours', async () => {
    const { step_s, points } = await series('90d')
    expect(step_s).toBe(10_800)
    // The three hours that end now are told by the last point.
    expect(points.map(({ hours }) => hours)).toEqual([-957, -48])
    expect(points.every(({ confid_median: median }) => median === points[0]?.confid_median && (median ?? 0) > 0.55)).toBe(true)
  })
})
