import type { Kysely } from 'kysely'
import { emptySloCounts, mergeSloSources, type SloCounts } from '@spark/core/rollout/slo'
import { restoreHistogram, type Histogram } from '@spark/core/stats/histogram'
import type { SliceBody } from './storage/metric-slice.ts'
import type { MetricSlice, MetricSliceStore } from './storage/metric-slice-store.ts'
import type { MainTables } from './storage/tables.ts'

/** Counts of one slice, of all sources together. */
export interface StoredSlice {
  /** Start of the slice, ms. */
  ts: number
  counts: SloCounts
}

/** The metrics of a sealed slice, under the names they have in storage. */
export function sloMetrics({ sliceTs, counts }: { sliceTs: number; counts: SloCounts }): Record<string, SliceBody> {
  const metrics: Record<string, SliceBody> = {
    polls: { kind: 'counters', values: { ...counts.polls, due: counts.due, clock_steps: counts.clockSteps } },
    poll_latency_ms: histogramBody(counts.latencyMs),
    poll_confid: histogramBody(counts.confid),
  }
  for (const [metric, value] of [
    ['staleness_s', counts.stalenessS],
    ['dlq_size', counts.dlqSize],
  ] as const)
    if (value !== null) metrics[metric] = { kind: 'gauge', last: value, max: value, at: sliceTs }
  return metrics
}

/** Slices of one length with fromMs <= start < toMs, oldest first; metrics of other kinds are passed over. */
export async function readSloSlices(
  store: Pick<MetricSliceStore, 'read'>,
  stepS: number,
  fromMs: number,
  toMs: number,
  trx?: Kysely<MainTables>,
): Promise<StoredSlice[]> {
  return sloSlicesOf(await store.read(stepS, fromMs, toMs, trx))
}

/** Of rows as they are stored, in their order. */
export function sloSlicesOf(rows: readonly MetricSlice[]): StoredSlice[] {
  const slices = new Map<number, SloCounts>()
  // One source after the other: all metrics of a source in a slice make one set of counts.
  for (const metrics of Map.groupBy(rows, (row) => `${row.sliceTs} ${row.source}`).values()) {
    const sliceTs = metrics[0]?.sliceTs ?? 0
    const counts = countsOf(metrics)
    const before = slices.get(sliceTs)
    slices.set(sliceTs, before === undefined ? counts : mergeSloSources(before, counts))
  }
  return [...slices].map(([ts, counts]) => ({ ts, counts }))
}

function countsOf(metrics: readonly MetricSlice[]): SloCounts {
  const counts = emptySloCounts()
  for (const { metric, body } of metrics) {
    if (metric === 'polls' && body.kind === 'counters') {
      counts.due = body.values['due'] ?? 0
      counts.clockSteps = body.values['clock_steps'] ?? 0
      counts.polls = { ok: body.values['ok'] ?? 0, error: body.values['error'] ?? 0, timeout: body.values['timeout'] ?? 0 }
    } else if (metric === 'poll_latency_ms' && body.kind === 'histogram') counts.latencyMs = histogramOf(body, counts.latencyMs)
    else if (metric === 'poll_confid' && body.kind === 'histogram') counts.confid = histogramOf(body, counts.confid)
    else if (metric === 'staleness_s' && body.kind === 'gauge') counts.stalenessS = body.last
    else if (metric === 'dlq_size' && body.kind === 'gauge') counts.dlqSize = body.last
  }
  return counts
}

function histogramBody({ counts, max }: Histogram): SliceBody {
  return { kind: 'histogram', counts: [...counts], max }
}

/** Edges are fixed by the metric's name; a stored histogram of another build's edges is refused by restoreHistogram. */
function histogramOf({ counts, max }: { counts: number[]; max: number | null }, { edges }: Histogram): Histogram {
  return restoreHistogram({ edges: [...edges], counts, max })
}
