import { SLICE_MS } from '@spark/core/rollout/slo'

/** What one process measured of one metric in one slice of time. All kinds merge exactly, in any order. */
export type SliceBody =
  | { kind: 'counters'; values: Record<string, number> }
  /** Counts between edges that the metric's name fixes, and the largest value (core/stats/histogram). */
  | { kind: 'histogram'; counts: number[]; max: number | null }
  | { kind: 'gauge'; last: number; max: number; /** When `last` was read, ms. */ at: number }

/** Lengths of slices in seconds: what is sealed, and what it is rolled up into. */
export const SEALED_STEP_S = SLICE_MS / 1000
export const ROLLUP_STEPS_S = [300, 3_600] as const

/** Open time (ms) of the slice of `stepS` seconds that holds the instant `timeMs`. */
export function sliceOpenMs(timeMs: number, stepS: number): number {
  return Math.floor(timeMs / (stepS * 1_000)) * stepS * 1_000
}

/** Throws TypeError when the two are of another kind or have other buckets: they are not the same metric then. */
export function mergeSliceBodies(a: SliceBody, b: SliceBody): SliceBody {
  if (a.kind === 'counters' && b.kind === 'counters') {
    const values = { ...a.values }
    for (const [name, count] of Object.entries(b.values)) values[name] = (values[name] ?? 0) + count
    return { kind: 'counters', values }
  }
  if (a.kind === 'histogram' && b.kind === 'histogram') {
    if (a.counts.length !== b.counts.length) {
      throw new TypeError(`a histogram of ${a.counts.length} buckets cannot be merged with one of ${b.counts.length}`)
    }
    const max = a.max === null ? b.max : b.max === null ? a.max : Math.max(a.max, b.max)
    return { kind: 'histogram', counts: a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0)), max }
  }
  if (a.kind === 'gauge' && b.kind === 'gauge') {
    const later = b.at > a.at || (b.at === a.at && b.last > a.last) ? b : a
    return { kind: 'gauge', last: later.last, max: Math.max(a.max, b.max), at: later.at }
  }
  throw new TypeError(`a ${a.kind} cannot be merged with a ${b.kind}`)
}
