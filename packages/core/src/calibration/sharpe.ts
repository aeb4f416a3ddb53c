import { momentsOf } from '../stats/moments.ts'
import { normalCdf, normalQuantile } from '../stats/normal.ts'

const EULER_MASCHERONI = 0.577_215_664_901_532_9

/** Mean over deviation of returns, per period and not annualised; null when it is not defined. */
export function sharpeRatio(returns: readonly number[]): number | null {
  const moments = momentsOf(returns)
  return moments === null ? null : moments.mean / moments.deviation
}

/** The Sharpe ratio of the difference from a baseline, period by period. RangeError when the periods are not the same. */
export function informationRatio(returns: readonly number[], baseline: readonly number[]): number | null {
  if (returns.length !== baseline.length) throw new RangeError(`${returns.length} returns beside ${baseline.length}`)
  return sharpeRatio(returns.map((value, index) => value - (baseline[index] ?? 0)))
}

/** The largest fall of the running sum of returns from its peak, at least 0, in their unit: positions are not resized by profit. */
export function maxDrawdown(returns: readonly number[]): number {
  let [equity, peak, deepest] = [0, 0, 0]
  for (const value of returns) {
    equity += value
    peak = Math.max(peak, equity)
    deepest = Math.max(deepest, peak - equity)
  }
  return deepest
}

export interface Trials {
  /** How many were tried; the best of them is judged. */
  count: number
  /** Variance of their Sharpe ratios, per period. */
  sharpeVariance: number
}

/** The Sharpe ratio that the best of so many trials without skill is expected to show. */
export function expectedMaxSharpe({ count, sharpeVariance }: Trials): number {
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`${count} trials`)
  if (count === 1) return 0
  const upper = normalQuantile(1 - 1 / count)
  const further = normalQuantile(1 - 1 / (count * Math.E))
  return Math.sqrt(sharpeVariance) * ((1 - EULER_MASCHERONI) * upper + EULER_MASCHERONI * further)
}

/**
 * Deflated Sharpe ratio (Bailey and López de Prado 2014, Journal of Portfolio Management 40(5): 94): the probability that the true
 * Sharpe ratio is above what the search alone would have found. Per period, raw kurtosis. Null when the returns have no ratio.
 */
export function deflatedSharpe(returns: readonly number[], trials: Trials): number | null {
  const moments = momentsOf(returns)
  if (moments === null) return null
  const { skewness, kurtosis } = moments
  const sharpe = moments.mean / moments.deviation
  const variance = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2
  // Kurtosis is at least 1 + skewness²: the variance is 0 only for returns with two values, one of them never lost.
  if (!(variance > 0)) return null
  return normalCdf(((sharpe - expectedMaxSharpe(trials)) * Math.sqrt(returns.length - 1)) / Math.sqrt(variance))
}
