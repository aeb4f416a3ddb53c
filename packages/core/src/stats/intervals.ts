import { logBeta } from './gamma.ts'
import { normalQuantile } from './normal.ts'

export interface Interval {
  low: number
  high: number
}

/**
 * Wilson's score interval of a share (Wilson 1927), two-sided; null without a trial. For one look at the data: it holds for
 * charts, and nothing may be decided by it.
 */
export function wilsonInterval(hits: number, trials: number, confidence = 0.95): Interval | null {
  if (trials === 0) return null
  const z = normalQuantile(0.5 + confidence / 2)
  const share = hits / trials
  const scale = 1 + (z * z) / trials
  const centre = (share + (z * z) / (2 * trials)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))
  // At no hit and at no miss the ends are 0 and 1 but for rounding.
  return { low: hits === 0 ? 0 : centre - half, high: hits === trials ? 1 : centre + half }
}

/**
 * Confidence sequence of a share: with probability 1 - alpha it holds at every number of trials at once. Mixture of likelihood
 * ratios over a uniform prior (Robbins 1970, Ann. Math. Statist. 41: 1397): the shares p with
 * B(1 + hits, 1 + misses) / (p^hits (1 - p)^misses) < 1 / alpha. `hits` may be a sum of values in 0..1, each with mean p given
 * those before it: the ratio is convex in each, so its mean is at most that of 0 and 1.
 */
export function shareSequence(hits: number, trials: number, alpha: number): Interval {
  const misses = trials - hits
  if (trials === 0) return { low: 0, high: 1 }
  const logMixture = logBeta(1 + hits, 1 + misses)
  const isOutside = (share: number) => {
    const logLikelihood = power(hits, Math.log(share)) + power(misses, Math.log(1 - share))
    return logMixture - logLikelihood >= -Math.log(alpha)
  }
  const share = hits / trials
  return {
    low: hits === 0 ? 0 : boundary((outer) => isOutside(outer), 0, share),
    high: misses === 0 ? 1 : boundary((outer) => isOutside(outer), 1, share),
  }
}

/** n · ln x with 0 · -∞ = 0. */
function power(n: number, logX: number): number {
  return n === 0 ? 0 : n * logX
}

/** Where `isOutside` ends between `outer`, where it holds, and `inner`, where it does not: the last point outside, to 1e-12 of the distance. */
export function boundary(isOutside: (at: number) => boolean, outer: number, inner: number): number {
  let [outside, inside] = [outer, inner]
  for (let step = 0; step < 50; step += 1) {
    const middle = (outside + inside) / 2
    if (isOutside(middle)) outside = middle
    else inside = middle
  }
  return outside
}
