import { quantile } from '../stats/histogram.ts'
import { tallyHistograms, type Tally } from './slice.ts'
import type { RolloutState } from './state.ts'

/** Lower edges of the buckets of ten. */
const BUCKETS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const
/** Share of the largest bucket up to which they are balanced, and up to which they are skewed; beyond it they are piled. */
const BALANCED_MAX = 0.6
const SKEWED_MAX = 0.8
const BALANCED_BUCKETS = 3

export interface BucketCount {
  bucket: number
  count: number
}

export type Balance = 'balanced' | 'skewed' | 'piled'

/** A criterion of success after the watch, with its figure; null where nothing was measured, which is never met. */
export interface Criterion {
  name: 'p95' | 'staleness' | 'error_rate' | 'score_rate' | 'confid_median' | 'breaches' | 'dead_letters' | 'balance'
  met: boolean
  /** ms, s, percent, scores a minute, confidence, breaches, dead letters; of the balance the share of the largest bucket. */
  value: number | null
  /** What it must be, in words. */
  target: string
  /** Of a criterion that must hold throughout: for how long it was not known, s; then it is not met. Absent: it always was. */
  unknownS?: number
  /** For how long the controller was down, s: said, and no miss. Absent: it never was. */
  unwatchedS?: number
}

/**
 * The criteria of the playbook on what the current step has measured in all. A miss is not softened: what must hold throughout and
 * was not known throughout is not met, be it a slice without the value or one that did not come. Only in slices of a time in which
 * the controller itself was down (it missed two ticks) that takes nothing away, or one restart in 24 h would leave no success
 * possible: such a time is told beside the figure.
 */
export function successCriteria({ tally, stepBreaches }: Pick<RolloutState, 'tally' | 'stepBreaches'>): Criterion[] {
  const { latencyMs, confid } = tallyHistograms(tally)
  const { ok, error, timeout } = tally.polls
  const all = ok + error + timeout
  const minutes = (tally.toMs - tally.fromMs) / 60_000
  const p95 = quantile(latencyMs, 0.95)
  const median = quantile(confid, 0.5)
  const errorRate = all === 0 ? null : (100 * (error + timeout)) / all
  const perMinute = minutes > 0 ? ok / minutes : null
  const { stalenessMaxS, deadLettersMax } = tally
  const buckets = bucketCounts(tally)
  return [
    criterion('p95', p95, '< 1000 ms', (value) => value < 1000),
    throughout(
      criterion('staleness', stalenessMaxS, '< 30 s throughout', (value) => value < 30),
      tally,
      'stalenessMs',
    ),
    criterion('error_rate', errorRate, '< 1 %', (value) => value < 1),
    criterion('score_rate', perMinute, '≥ 10 a minute', (value) => value >= 10),
    criterion('confid_median', median, '≥ 0.55', (value) => value >= 0.55),
    criterion('breaches', stepBreaches, '< 5', (value) => value < 5),
    throughout(
      criterion('dead_letters', deadLettersMax, '< 2 throughout', (value) => value < 2),
      tally,
      'deadLettersMs',
    ),
    criterion(
      'balance',
      largestShare(buckets),
      `at least ${BALANCED_BUCKETS} buckets, none over ${100 * BALANCED_MAX} %`,
      () => balanceOf(buckets) === 'balanced',
    ),
  ]
}

/** Whether v2.1 is being collected: the audit keeps bucket and parts of each score, and so many labels have come. */
export function collectionCriterion(collecting: boolean, labels: number): Omit<Criterion, 'name'> & { name: 'collection' } {
  return { name: 'collection', value: labels, met: collecting && labels > 0, target: 'on, and labels come' }
}

/** What stands beside its figure: ` (not known for 90 s; controller down for 300 s)`; nothing when all was known. */
export function unknownText({ unknownS, unwatchedS }: Pick<Criterion, 'unknownS' | 'unwatchedS'>): string {
  const said = [
    ...(unknownS === undefined ? [] : [`not known for ${unknownS} s`]),
    ...(unwatchedS === undefined ? [] : [`controller down for ${unwatchedS} s`]),
  ]
  return said.length === 0 ? '' : ` (${said.join('; ')})`
}

/** Counts by ml_bucket; those without any are left out. Exact: every tenth is an edge of the histogram. */
export function bucketCounts(tally: Pick<RolloutState['tally'], 'latencyMs' | 'confid'>): BucketCount[] {
  const { confid } = tallyHistograms(tally)
  const counts = new Map<number, number>()
  confid.counts.forEach((count, at) => {
    if (count === 0) return
    const upper = confid.edges[at] ?? 1
    // A value on an edge is counted below it; the few that lie exactly on a tenth fall into the bucket under it.
    const bucket = BUCKETS.findLast((edge) => edge < upper) ?? 0
    counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  })
  return [...counts].sort(([a], [b]) => a - b).map(([bucket, count]) => ({ bucket, count }))
}

/** Null: nothing was scored. */
export function balanceOf(buckets: readonly BucketCount[]): Balance | null {
  const share = largestShare(buckets)
  if (share === null) return null
  if (buckets.length >= BALANCED_BUCKETS && share <= BALANCED_MAX) return 'balanced'
  return share <= SKEWED_MAX ? 'skewed' : 'piled'
}

function largestShare(buckets: readonly BucketCount[]): number | null {
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  return total === 0 ? null : Math.max(...buckets.map(({ count }) => count)) / total
}

function criterion(name: Criterion['name'], value: number | null, target: string, holds: (value: number) => boolean): Criterion {
  return { name, value, target, met: value !== null && holds(value) }
}

function throughout(one: Criterion, { unknown }: Tally, what: 'stalenessMs' | 'deadLettersMs'): Criterion {
  const unknownS = (unknown?.[what] ?? 0) / 1000
  const unwatchedS = (unknown?.unwatchedMs ?? 0) / 1000
  return {
    ...one,
    met: one.met && unknownS === 0,
    ...(unknownS > 0 && { unknownS }),
    ...(unwatchedS > 0 && { unwatchedS }),
  }
}
