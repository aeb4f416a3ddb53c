import { normalizeWeights, type Weights } from '../signal/model.ts'

/** Most that Σ|Δw| of a weekly update may come to. */
export const WEIGHT_CHANGE_MAX = 0.15

const BISECTIONS = 60
const ASIDE = 0.01

export function weightDistance(left: Weights, right: Weights): number {
  return Math.abs(left.rsi - right.rsi) + Math.abs(left.macd - right.macd) + Math.abs(left.trend - right.trend)
}

/**
 * From `now` towards `wanted`, no further than `most` in Σ|Δw|, on weights whose absolute values sum to 1. The way is the line
 * between them scaled back to that sum; along it the distance from `now` never falls (monotonicity lemma of normed planes), so
 * halving finds the end. Both have absolute values that sum to 1.
 */
export function capWeights(now: Weights, wanted: Weights, most: number): Weights {
  if (weightDistance(now, wanted) <= most) return wanted
  const aim = isOpposite(now, wanted) ? besides(wanted) : wanted
  let near = 0
  let far = 1
  for (let count = 0; count < BISECTIONS; count += 1) {
    const middle = (near + far) / 2
    if (weightDistance(now, between(now, aim, middle)) <= most) near = middle
    else far = middle
  }
  return between(now, aim, near)
}

function isOpposite(now: Weights, wanted: Weights): boolean {
  return Math.abs(now.rsi + wanted.rsi) + Math.abs(now.macd + wanted.macd) + Math.abs(now.trend + wanted.trend) < 1e-9
}

/** Straight to the opposite the way leads through 0, where weights have no scale: aim a little beside it, through the quietest part. */
function besides(weights: Weights): Weights {
  const [rsi, macd, trend] = [Math.abs(weights.rsi), Math.abs(weights.macd), Math.abs(weights.trend)]
  if (rsi <= macd && rsi <= trend) return { ...weights, rsi: weights.rsi + ASIDE }
  return macd <= trend ? { ...weights, macd: weights.macd + ASIDE } : { ...weights, trend: weights.trend + ASIDE }
}

function between(from: Weights, to: Weights, share: number): Weights {
  const mix = (a: number, b: number) => (1 - share) * a + share * b
  return normalizeWeights({ rsi: mix(from.rsi, to.rsi), macd: mix(from.macd, to.macd), trend: mix(from.trend, to.trend) }) ?? from
}
