import { boundary, type Interval } from '../stats/intervals.ts'

/** Values are counted in units of this: fine against any mean that a bet below can tell from 0, and counts merge exactly. */
const UNIT = 1 / 1024

/** Shares of the most that could be bet, equally funded. The smallest finds means from about a hundredth of the range. */
const BETS = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64]

/** Values between two bounds, as counts: all that bets of a fixed size need to know of them. Plain JSON. */
export interface ValueCounts {
  readonly low: number
  readonly high: number
  /** How often each multiple of UNIT was seen. */
  counts: Record<string, number>
  total: number
  /** Of all values, in units of UNIT: a whole number. */
  sum: number
}

/** Bounds with 0 inside. */
export function createValueCounts(low: number, high: number): ValueCounts {
  if (!(low < 0 && high > 0)) throw new RangeError(`0 is not inside ${low}..${high}`)
  return { low, high, counts: {}, total: 0, sum: 0 }
}

/** Counts a value, rounded to UNIT, in place. What lies beyond a bound counts as the bound. */
export function addValue(values: ValueCounts, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a value`)
  // "+ 0" turns -0, which JSON cannot hold, into 0.
  const units = Math.round(Math.min(values.high, Math.max(values.low, value)) / UNIT) + 0
  values.counts[units] = (values.counts[units] ?? 0) + 1
  values.total += 1
  values.sum += units
}

/** A new object with the counts of both; RangeError when their bounds differ. */
export function mergeValueCounts(left: ValueCounts, right: ValueCounts): ValueCounts {
  if (left.low !== right.low || left.high !== right.high) throw new RangeError('values with other bounds cannot be merged')
  const counts = { ...left.counts }
  for (const [units, count] of Object.entries(right.counts)) counts[units] = (counts[units] ?? 0) + count
  return { low: left.low, high: left.high, counts, total: left.total + right.total, sum: left.sum + right.sum }
}

/** Mean of the values as they were counted; null without any. */
export function valueMean({ sum, total }: ValueCounts): number | null {
  return total === 0 ? null : (sum * UNIT) / total
}

export type Side = 'above' | 'below'

/**
 * ln of the capital of someone who bets that the mean lies above (or below) `mean`, having begun with 1: the average over BETS
 * of Π (1 + λ (x - mean)). Whoever is wrong grows past 1 / alpha at any time with probability at most alpha (Ville), however
 * often one looks, when each value has at most (at least) this mean given those before it.
 * Waudby-Smith and Ramdas 2023, Estimating means of bounded random variables by betting, section "diversified Kelly betting".
 */
export function logCapital(values: ValueCounts, side: Side, mean = 0): number {
  return logAverage(betGrowth(values, side, mean))
}

/**
 * How many values the capital at `mean` 0 takes to reach `logGoal` if they go on as they do; what was reached already is reached
 * with fewer. Infinity when no bet grows.
 */
export function valuesToReach(values: ValueCounts, side: Side, logGoal: number): number {
  const growth = betGrowth(values, side, 0)
  const fastest = Math.max(...growth)
  if (!(fastest > 0)) return Number.POSITIVE_INFINITY
  // The fastest bet alone is there when it has made up for the others' share of the funds.
  const most = (logGoal + Math.log(BETS.length)) / fastest
  const times = boundary((at) => logAverage(growth.map((one) => one * at)) >= logGoal, most, 0)
  return Math.ceil(times * values.total)
}

/** With `alpha` on each side: the means that neither bettor has refuted. All of the range without a value. */
export function meanSequence(values: ValueCounts, alpha: number): Interval {
  const { low, high } = values
  const threshold = -Math.log(alpha)
  const mean = valueMean(values)
  if (mean === null) return { low, high }
  return {
    low: boundary((at) => at <= low || logCapital(values, 'above', at) >= threshold, low, Math.max(low, mean)),
    high: boundary((at) => at >= high || logCapital(values, 'below', at) >= threshold, high, Math.min(high, mean)),
  }
}

function logAverage(growth: readonly number[]): number {
  const largest = Math.max(...growth)
  return largest + Math.log(growth.reduce((sum, one) => sum + Math.exp(one - largest), 0) / growth.length)
}

/** ln of what each bet has become. Fixed order of summation: the same counts give the same bits. */
function betGrowth({ low, high, counts }: ValueCounts, side: Side, mean: number): number[] {
  // The most that can be bet loses everything at the far bound.
  const most = side === 'above' ? 1 / (mean - low) : 1 / (high - mean)
  const direction = side === 'above' ? 1 : -1
  const seen = Object.keys(counts)
    .map(Number)
    .toSorted((a, b) => a - b)
    .map((units) => ({ gain: direction * most * (units * UNIT - mean), count: counts[units] ?? 0 }))
  return BETS.map((bet) => {
    let growth = 0
    for (const { gain, count } of seen) growth += count * Math.log1p(bet * gain)
    return growth
  })
}
