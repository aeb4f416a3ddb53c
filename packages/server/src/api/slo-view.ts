import type { Metrics, Timeseries, Window } from '@spark/contract/metrics'
import {
  JUDGED_MS,
  SEAL_DELAY_MS,
  SLICE_MS,
  emptySloCounts,
  mergeSloCounts,
  sloFigures,
  type SloCounts,
} from '@spark/core/rollout/slo'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import { readSloSlices, type StoredSlice } from '../slo-slices.ts'

/** A slice is due 30 s and the seal delay after the one before; this much later it is missing, not only slow to store. */
const SLACK_MS = 10_000
/** Counted from the start of the newest slice. Beyond it the executor does not measure: figures are null, and staleness grows by itself. */
const OVERDUE_MS = 2 * SLICE_MS + SEAL_DELAY_MS + SLACK_MS

const STEPS: Record<Window, { lengthMs: number; stepS: number; mergeSteps: number }> = {
  '15m': { lengthMs: 900_000, stepS: 30, mergeSteps: 1 },
  '1h': { lengthMs: 3_600_000, stepS: 30, mergeSteps: 1 },
  '4h': { lengthMs: 14_400_000, stepS: 30, mergeSteps: 1 },
  '24h': { lengthMs: 86_400_000, stepS: 300, mergeSteps: 1 },
  '7d': { lengthMs: 604_800_000, stepS: 3600, mergeSteps: 1 },
  '30d': { lengthMs: 2_592_000_000, stepS: 3600, mergeSteps: 1 },
  '90d': { lengthMs: 7_776_000_000, stepS: 3600, mergeSteps: 3 },
}

/** The trailing five minutes of sealed slices, as the gates read them. */
export async function currentMetrics(store: MetricSliceStore, nowMs: number): Promise<Metrics> {
  const slices = await readSloSlices(store, 30, nowMs - JUDGED_MS - OVERDUE_MS, nowMs)
  return metricsAt(slices, nowMs)
}

/** The newest figures that were ever sealed, or null: for when the executor is away. */
export async function lastKnownMetrics(store: MetricSliceStore, nowMs: number): Promise<Metrics | null> {
  const newestTs = await store.newest(30)
  if (newestTs === null) return null
  const endMs = newestTs + SLICE_MS
  return metricsAt(await readSloSlices(store, 30, endMs - JUDGED_MS, Math.min(nowMs, endMs)), endMs)
}

/** At most 1,000 points, oldest first; the last one is now and equals currentMetrics. */
export async function timeseries(store: MetricSliceStore, window: Window, nowMs: number): Promise<Timeseries> {
  const { lengthMs, stepS, mergeSteps } = STEPS[window]
  const stepMs = stepS * 1000
  const slices = await readSloSlices(store, stepS, nowMs - lengthMs - (stepS === 30 ? JUDGED_MS : 0), nowMs)
  const points = stepS === 30 ? trailingPoints(slices, nowMs - lengthMs) : mergedPoints(slices, stepMs, mergeSteps)
  const now = await currentMetrics(store, nowMs)
  const past = points.filter((point) => point.ts < (now.sealed_at ?? nowMs))
  return { window, step_s: stepS * mergeSteps, data: [...past.slice(-999), { ts: now.sealed_at ?? nowMs, ...figuresOf(now) }] }
}

function metricsAt(slices: readonly StoredSlice[], nowMs: number): Metrics {
  const newest = slices.at(-1)
  const fresh = newest !== undefined && nowMs - (newest.ts + SLICE_MS) <= OVERDUE_MS - SLICE_MS
  const judged = fresh ? slices.filter((slice) => slice.ts + SLICE_MS > newest.ts + SLICE_MS - JUDGED_MS) : []
  const figures = sloFigures(merge(judged), judged.length * SLICE_MS)
  const { polls, ...rest } = figures
  return {
    ...rest,
    // Silence is itself the sign: the age goes on growing after the last slice.
    staleness_s: fresh ? figures.staleness_s : grownStaleness(newest, nowMs),
    error_rate_unit: 'percent',
    window_s: JUDGED_MS / 1000,
    sealed_at: newest === undefined ? null : newest.ts + SLICE_MS,
    polls,
  }
}

function grownStaleness(newest: StoredSlice | undefined, nowMs: number): number | null {
  if (newest === undefined || newest.counts.stalenessS === null) return null
  return newest.counts.stalenessS + (nowMs - (newest.ts + SLICE_MS)) / 1000
}

function figuresOf({
  p95_ms,
  staleness_s,
  error_rate,
  ml_score_per_min,
  confid_median,
  dlq_size,
}: Metrics): Omit<Timeseries['data'][number], 'ts'> {
  return { p95_ms, staleness_s, error_rate, ml_score_per_min, confid_median, dlq_size }
}

/** One point a slice, each judging its trailing five minutes, so that a chart shows what a gate saw. */
function trailingPoints(slices: readonly StoredSlice[], fromMs: number): Timeseries['data'] {
  const points: Timeseries['data'] = []
  slices.forEach((slice, index) => {
    const endMs = slice.ts + SLICE_MS
    if (endMs <= fromMs) return
    const judged = slices
      .slice(Math.max(0, index - JUDGED_MS / SLICE_MS + 1), index + 1)
      .filter((other) => other.ts + SLICE_MS > endMs - JUDGED_MS)
    points.push(pointOf(endMs, merge(judged), judged.length * SLICE_MS))
  })
  return points
}

function mergedPoints(slices: readonly StoredSlice[], stepMs: number, mergeSteps: number): Timeseries['data'] {
  const groups = Map.groupBy(slices, (slice) => Math.floor(slice.ts / (stepMs * mergeSteps)))
  return [...groups].map(([group, members]) =>
    pointOf((group + 1) * stepMs * mergeSteps, merge(members), members.length * stepMs),
  )
}

function merge(slices: readonly StoredSlice[]): SloCounts {
  return slices.reduce((sum, slice) => mergeSloCounts(sum, slice.counts), emptySloCounts())
}

function pointOf(ts: number, counts: SloCounts, coveredMs: number): Timeseries['data'][number] {
  const { polls: _, ...figures } = sloFigures(counts, coveredMs)
  return { ts, ...figures }
}
