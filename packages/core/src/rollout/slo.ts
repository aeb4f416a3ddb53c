import {
  CONFIDENCE_EDGES,
  LATENCY_MS_EDGES,
  createHistogram,
  mergeHistograms,
  quantile,
  type Histogram,
} from '../stats/histogram.ts'

/** Length of one slice of measurement, and how long after its end it is sealed: late answers (5 s timeout) are in by then. */
export const SLICE_MS = 30_000
export const SEAL_DELAY_MS = 5000
/** What a figure judges: the trailing five minutes. */
export const JUDGED_MS = 300_000

/** What the executor counted of its own polls in one slice, or in several merged ones. */
export interface SloCounts {
  /** Polls that were due by the schedule, also those that could not be made. */
  due: number
  /** Steps of the wall clock against the monotonic one: of such a slice nothing can be said. */
  clockSteps: number
  /** Polls by outcome; their sum is what was asked. `error`: 5xx, refused connection, or a row that cannot be scored. */
  polls: { ok: number; error: number; timeout: number }
  /** End-to-end milliseconds of a poll; a timeout counts as its limit. */
  latencyMs: Histogram
  /** Confidence before the floor, of scored polls. */
  confid: Histogram
  /** Age of the last market message of the worst stream when the slice ended, s; null when nothing was known. */
  stalenessS: number | null
  /** Dead letters of orders and labels when the slice ended; null when nothing was known. */
  dlqSize: number | null
}

export interface SloFigures {
  p95_ms: number | null
  staleness_s: number | null
  /** Percent. */
  error_rate: number | null
  ml_score_per_min: number | null
  confid_median: number | null
  dlq_size: number | null
  polls: number
}

export function emptySloCounts(): SloCounts {
  return {
    due: 0,
    clockSteps: 0,
    polls: { ok: 0, error: 0, timeout: 0 },
    latencyMs: createHistogram(LATENCY_MS_EDGES),
    confid: createHistogram(CONFIDENCE_EDGES),
    stalenessS: null,
    dlqSize: null,
  }
}

/** Exact: counts add up; staleness and dead letters are the later slice's, so pass them oldest first. */
export function mergeSloCounts(earlier: SloCounts, later: SloCounts): SloCounts {
  return {
    due: earlier.due + later.due,
    clockSteps: earlier.clockSteps + later.clockSteps,
    polls: {
      ok: earlier.polls.ok + later.polls.ok,
      error: earlier.polls.error + later.polls.error,
      timeout: earlier.polls.timeout + later.polls.timeout,
    },
    latencyMs: mergeHistograms(earlier.latencyMs, later.latencyMs),
    confid: mergeHistograms(earlier.confid, later.confid),
    stalenessS: later.stalenessS ?? earlier.stalenessS,
    dlqSize: later.dlqSize ?? earlier.dlqSize,
  }
}

/** Counts of the same time by different sources: of what each sees whole the worst counts. */
export function mergeSloSources(one: SloCounts, other: SloCounts): SloCounts {
  return {
    ...mergeSloCounts(one, other),
    stalenessS: worst(one.stalenessS, other.stalenessS),
    dlqSize: worst(one.dlqSize, other.dlqSize),
  }
}

function worst(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other)
}

/** The figures of counts that cover `coveredMs` of time. Null where there is no data: no data is never a good figure. */
export function sloFigures(counts: SloCounts, coveredMs: number): SloFigures {
  const { ok, error, timeout } = counts.polls
  const polls = ok + error + timeout
  return {
    p95_ms: quantile(counts.latencyMs, 0.95),
    staleness_s: counts.stalenessS,
    error_rate: polls === 0 ? null : (100 * (error + timeout)) / polls,
    ml_score_per_min: coveredMs === 0 ? null : ok / (coveredMs / 60_000),
    confid_median: quantile(counts.confid, 0.5),
    dlq_size: counts.dlqSize,
    polls,
  }
}
