import { randomBinomial } from '../stats/binomial.ts'
import { wilsonInterval, type Interval } from '../stats/intervals.ts'
import { isotonicFit } from '../stats/pav.ts'
import { createRandom } from '../stats/random.ts'
import { counterMeans, createCounter, mergeCounters, type CounterMeans, type LabelCounter } from './counter.ts'

/** One bucket of the reliability diagram that has labels. */
export interface ReliabilityPoint {
  bucket: number
  labels: number
  meanConfid: number
  hitRate: number
  /** Wilson, 95 %: for charts. */
  interval: Interval
  /** Isotonic fit over the buckets. */
  fitted: number
}

/** Murphy's decomposition (1973) over buckets: brier = reliability - resolution + uncertainty + withinBuckets. */
export interface BrierParts {
  brier: number
  /** Mean squared distance of confidence and hit rate: 0 is calibrated. */
  reliability: number
  /** Mean squared distance of the buckets' hit rates from that of all: more is better. */
  resolution: number
  uncertainty: number
  /** What confidences differ inside their buckets (Stephenson, Coelho and Jolliffe 2008). */
  withinBuckets: number
}

export interface Reliability {
  counter: LabelCounter
  means: CounterMeans
  points: ReliabilityPoint[]
  brierParts: BrierParts
  /** Expected calibration error: mean distance of confidence and hit rate, weighted by labels. */
  calibrationError: number
}

/** Counters by bucket, as `mlBucket` names them. */
export type BucketCounters = readonly { readonly bucket: number; readonly counter: LabelCounter }[]

/** The figures of one or more counters a bucket; null without labels: nothing is said without them. */
export function reliabilityOf(counters: BucketCounters): Reliability | null {
  const buckets = mergeBuckets(counters)
  const counter = buckets.reduce((sum, one) => mergeCounters(sum, one.counter), createCounter())
  const means = counterMeans(counter)
  if (means === null) return null
  const points = buckets.flatMap(({ bucket, counter: { labels, hits }, means: of }) => {
    const interval = wilsonInterval(hits, labels)
    return interval === null ? [] : [{ bucket, labels, meanConfid: of.confid, hitRate: of.hitRate, interval }]
  })
  const fitted = isotonicFit(points.map(({ hitRate, labels }) => ({ value: hitRate, weight: labels })))
  return {
    counter,
    means,
    points: points.map((point, index) => ({ ...point, fitted: fitted[index] ?? point.hitRate })),
    brierParts: brierParts(means, points),
    calibrationError: calibrationError(points),
  }
}

/** In order of bucket, empty ones left out. */
function mergeBuckets(counters: BucketCounters): { bucket: number; counter: LabelCounter; means: CounterMeans }[] {
  const merged = new Map<number, LabelCounter>()
  for (const { bucket, counter } of counters) merged.set(bucket, mergeCounters(merged.get(bucket) ?? createCounter(), counter))
  return [...merged]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([bucket, counter]) => {
      const means = counterMeans(counter)
      return means === null ? [] : [{ bucket, counter, means }]
    })
}

type Shares = readonly { readonly labels: number; readonly meanConfid: number; readonly hitRate: number }[]

function brierParts({ brier, hitRate }: CounterMeans, points: Shares): BrierParts {
  const reliability = weightedMean(points, (point) => (point.meanConfid - point.hitRate) ** 2)
  const resolution = weightedMean(points, (point) => (point.hitRate - hitRate) ** 2)
  const uncertainty = hitRate * (1 - hitRate)
  return { brier, reliability, resolution, uncertainty, withinBuckets: brier - (reliability - resolution + uncertainty) }
}

function calibrationError(points: Shares): number {
  return weightedMean(points, ({ meanConfid, hitRate }) => Math.abs(meanConfid - hitRate))
}

function weightedMean(points: Shares, value: (point: Shares[number]) => number): number {
  let [sum, labels] = [0, 0]
  for (const point of points) {
    sum += point.labels * value(point)
    labels += point.labels
  }
  return sum / labels
}

export const NULL_RUNS = 1000

export interface CalibrationNull {
  mean: number
  /** 95 of 100 calibrated models of this size show at most this. */
  percentile95: number
  /** Share of them that show at least what was measured: small is evidence against calibration. */
  pValue: number
}

/**
 * The calibration error that a perfectly calibrated model with as many labels in these buckets would show, by seeded simulation.
 * It is not 0: few labels scatter.
 */
export function calibrationNull(
  { points, calibrationError: measured }: Pick<Reliability, 'points' | 'calibrationError'>,
  seed: number,
): CalibrationNull {
  const random = createRandom(seed)
  const errors = Array.from({ length: NULL_RUNS }, () =>
    calibrationError(
      points.map(({ labels, meanConfid }) => ({
        labels,
        meanConfid,
        hitRate: randomBinomial(random, labels, meanConfid) / labels,
      })),
    ),
  ).toSorted((a, b) => a - b)
  const atLeast = errors.filter((error) => error >= measured).length
  return {
    mean: errors.reduce((sum, error) => sum + error, 0) / NULL_RUNS,
    percentile95: errors[Math.ceil(0.95 * NULL_RUNS) - 1] ?? 0,
    // One more above and below: with 1,000 runs no p-value is below 0.001 (Davison and Hinkley 1997).
    pValue: (atLeast + 1) / (NULL_RUNS + 1),
  }
}
