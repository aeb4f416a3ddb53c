import { logGamma } from './gamma.ts'
import { randomUniform, type RandomState } from './random.ts'

/**
 * How many of `trials` hit with probability `p` each. Inverts the distribution with one uniform number, from its mode outwards:
 * about as many steps as the spread.
 */
export function randomBinomial(random: RandomState, trials: number, p: number): number {
  if (trials === 0 || !(p > 0)) return 0
  if (p >= 1) return trials
  const mode = Math.min(trials, Math.floor((trials + 1) * p))
  const odds = p / (1 - p)
  let left = randomUniform(random)
  let [below, above] = [mode, mode]
  let [massBelow, massAbove] = [massAt(trials, p, mode), massAt(trials, p, mode)]
  left -= massBelow
  while (left >= 0 && (below > 0 || above < trials)) {
    if (below > 0) {
      massBelow *= below / ((trials - below + 1) * odds)
      below -= 1
      left -= massBelow
      if (left < 0) return below
    }
    if (above < trials) {
      massAbove *= ((trials - above) * odds) / (above + 1)
      above += 1
      left -= massAbove
      if (left < 0) return above
    }
  }
  return mode
}

/** How `trials` fall into classes with these shares, which sum to 1. */
export function randomMultinomial(random: RandomState, trials: number, shares: readonly number[]): number[] {
  let trialsLeft = trials
  let shareLeft = 1
  return shares.map((share, index) => {
    const last = index === shares.length - 1
    const count = last ? trialsLeft : randomBinomial(random, trialsLeft, Math.min(1, share / shareLeft))
    trialsLeft -= count
    shareLeft = Math.max(0, shareLeft - share)
    return count
  })
}

function massAt(trials: number, p: number, hits: number): number {
  const logCombinations = logGamma(trials + 1) - logGamma(hits + 1) - logGamma(trials - hits + 1)
  return Math.exp(logCombinations + hits * Math.log(p) + (trials - hits) * Math.log1p(-p))
}
