import { randomMultinomial } from '../stats/binomial.ts'
import { createRandom } from '../stats/random.ts'

/** Drift is said from here on, however many values there are (Siddiqi 2006). */
export const DRIFT_MIN = 0.1
const BINS = 10
const NULL_RUNS = 1000

/** Added to every bin, so that an empty one does not make the index infinite. */
const SMOOTHING = 0.5

/** How often values fell between edges; the outer bins are open. Plain JSON. */
export interface BinCounts {
  readonly edges: readonly number[]
  counts: number[]
}

/** Bins with about as many training values each; fewer where values repeat. RangeError without values. */
export function trainingBins(values: readonly number[]): BinCounts {
  if (values.length === 0) throw new RangeError('no training values')
  const sorted = values.toSorted((a, b) => a - b)
  const edges: number[] = []
  for (let bin = 1; bin < BINS; bin += 1) {
    const edge = sorted[Math.ceil((bin * sorted.length) / BINS) - 1] ?? Number.NaN
    // A bin above the largest value would be empty in training.
    if (edge > (edges.at(-1) ?? Number.NEGATIVE_INFINITY) && edge < (sorted.at(-1) ?? edge)) edges.push(edge)
  }
  const bins = emptyBins(edges)
  for (const value of values) addToBins(bins, value)
  return bins
}

export function emptyBins(edges: readonly number[]): BinCounts {
  return { edges, counts: Array.from({ length: edges.length + 1 }, () => 0) }
}

/** Counts a value in place; one equal to an edge is in the bin below it. RangeError for NaN and infinities. */
export function addToBins(bins: BinCounts, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a measurement`)
  const at = bins.edges.findIndex((edge) => value <= edge)
  const bin = at === -1 ? bins.edges.length : at
  bins.counts[bin] = (bins.counts[bin] ?? 0) + 1
}

/** Population stability index: Σ (now - then) ln(now / then) over the bins' shares; null when either has no values. */
export function stabilityIndex(then: readonly number[], now: readonly number[]): number | null {
  const [before, after] = [sharesOf(then), sharesOf(now)]
  if (before === null || after === null) return null
  return before.reduce((sum, share, bin) => {
    const other = after[bin] ?? 0
    return sum + (other - share) * Math.log(other / share)
  }, 0)
}

function sharesOf(counts: readonly number[]): number[] | null {
  const values = total(counts)
  if (values === 0) return null
  return counts.map((count) => (count + SMOOTHING) / (values + SMOOTHING * counts.length))
}

export interface Drift {
  /** Values of the time looked at. */
  values: number
  index: number
  /** max(DRIFT_MIN, the index that 99 of 100 pairs of samples of these sizes stay below when nothing has changed). */
  threshold: number
  drifted: boolean
}

/**
 * How far a feature has moved from its training window; null without values. Values of neighbouring candles are alike, so give
 * counts of values that are far enough apart to be independent, or the threshold is too low. Drift warns; it decides nothing.
 */
export function driftOf(training: BinCounts, now: BinCounts, seed: number): Drift | null {
  const index = stabilityIndex(training.counts, now.counts)
  if (index === null) return null
  const threshold = Math.max(DRIFT_MIN, nullPercentile(training.counts, total(now.counts), seed))
  return { values: total(now.counts), index, threshold, drifted: index > threshold }
}

function nullPercentile(training: readonly number[], valuesNow: number, seed: number): number {
  const random = createRandom(seed)
  const trainingTotal = total(training)
  const shares = training.map((count) => count / trainingTotal)
  const indices = Array.from({ length: NULL_RUNS }, () => {
    const then = randomMultinomial(random, trainingTotal, shares)
    return stabilityIndex(then, randomMultinomial(random, valuesNow, shares)) ?? 0
  }).toSorted((a, b) => a - b)
  return indices[Math.ceil(0.99 * NULL_RUNS) - 1] ?? 0
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
