/**
 * A normal distribution by its natural parameters: `precision` P (inverse covariance, by rows) and `shift` = P · mean. Plain
 * JSON. Adding up information and forgetting it are sums of these numbers.
 */
export interface Natural {
  readonly precision: readonly (readonly number[])[]
  readonly shift: readonly number[]
}

/** One observation; `x` has as many numbers as the distribution. */
export interface Observation {
  readonly x: readonly number[]
  readonly y: boolean
}

export interface LaplaceFit {
  /** The posterior, as normal around its mode. */
  posterior: Natural
  mean: number[]
  /** Standard deviation of each coefficient. */
  deviation: number[]
  steps: number
}

export const NEWTON_STEPS_MAX = 30
/** Newton's last step doubles the digits: below this the mode is as exact as doubles are. */
const STEP_MIN = 1e-9
const HALVINGS_MAX = 40

/** Independent coefficients around `mean`, each with this precision (1 / variance). */
export function isotropic(mean: readonly number[], precision: number): Natural {
  return {
    precision: mean.map((_, row) => mean.map((_value, column) => (row === column ? precision : 0))),
    shift: mean.map((value) => precision * value),
  }
}

/** `share` of what is known and the rest of the prior: with share 0.95 a week, half is forgotten in 13.5 weeks. */
export function forget(known: Natural, prior: Natural, share: number): Natural {
  const mix = (now: number, before: number) => share * now + (1 - share) * before
  return {
    precision: known.precision.map((row, at) => row.map((value, column) => mix(value, cell(prior.precision, at, column)))),
    shift: known.shift.map((value, at) => mix(value, prior.shift[at] ?? Number.NaN)),
  }
}

/**
 * Bayesian logistic regression by Laplace's approximation: the mode of prior × likelihood by Newton's method, and the curvature
 * there as precision (Bishop, Pattern Recognition and Machine Learning, 2006, 4.5.1). Sums run in the order of the observations.
 * The prior makes the problem strictly concave, so halved steps always rise. Null when NEWTON_STEPS_MAX do not reach the mode.
 */
export function fitLogistic(prior: Natural, observations: readonly Observation[]): LaplaceFit | null {
  let mean = solve(prior.precision, prior.shift)
  let height = mean === null ? Number.NaN : logPosterior(prior, observations, mean)
  for (let steps = 1; mean !== null && steps <= NEWTON_STEPS_MAX; steps += 1) {
    const { slope, curvature } = derivatives(prior, observations, mean)
    let step = solve(curvature, slope)
    if (step === null) return null
    let next = plus(mean, step)
    let nextHeight = logPosterior(prior, observations, next)
    // At the mode heights differ by rounding alone.
    for (let halving = 0; nextHeight < height - 1e-12 * Math.abs(height) && halving < HALVINGS_MAX; halving += 1) {
      step = step.map((value) => value / 2)
      next = plus(mean, step)
      nextHeight = logPosterior(prior, observations, next)
    }
    mean = next
    height = nextHeight
    if (step.every((value) => Math.abs(value) <= STEP_MIN)) return atMode(prior, observations, mean, steps)
  }
  return null
}

function atMode(prior: Natural, observations: readonly Observation[], mean: number[], steps: number): LaplaceFit | null {
  const { curvature } = derivatives(prior, observations, mean)
  const variances = mean.map(
    (_, at) =>
      solve(
        curvature,
        mean.map((_value, row) => (row === at ? 1 : 0)),
      )?.[at],
  )
  if (!variances.every((variance) => variance !== undefined && variance > 0)) return null
  const shift = curvature.map((row) => dot(row, mean))
  return {
    posterior: { precision: curvature, shift },
    mean,
    deviation: variances.map((variance) => Math.sqrt(variance ?? Number.NaN)),
    steps,
  }
}

/** 1 / (1 + e^-z). */
export function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z))
}

/** −log σ(z), without overflow and without a difference of almost equal numbers: what a miss costs when z is the logit. */
export function logisticLoss(z: number): number {
  return z > 0 ? Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)) - z
}

function logPosterior(prior: Natural, observations: readonly Observation[], mean: readonly number[]): number {
  let sum =
    dot(prior.shift, mean) -
    dot(
      mean,
      mean.map((_, row) => dot(prior.precision[row] ?? [], mean)),
    ) /
      2
  for (const { x, y } of observations) {
    const z = dot(x, mean)
    sum -= logisticLoss(y ? z : -z)
  }
  return sum
}

function derivatives(
  prior: Natural,
  observations: readonly Observation[],
  mean: readonly number[],
): { slope: number[]; curvature: number[][] } {
  const slope = prior.shift.map((value, row) => value - dot(prior.precision[row] ?? [], mean))
  const curvature = prior.precision.map((row) => [...row])
  for (const { x, y } of observations) {
    const p = sigmoid(dot(x, mean))
    const miss = (y ? 1 : 0) - p
    const information = p * (1 - p)
    for (let row = 0; row < slope.length; row += 1) {
      const value = x[row] as number
      slope[row] = (slope[row] as number) + miss * value
      const line = curvature[row] as number[]
      for (let column = 0; column < slope.length; column += 1)
        line[column] = (line[column] as number) + information * value * (x[column] as number)
    }
  }
  return { slope, curvature }
}

/** Cholesky; null when the matrix is not positive definite, or holds what is no number. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | null {
  const size = right.length
  const lower: number[][] = []
  for (let row = 0; row < size; row += 1) {
    const line: number[] = []
    for (let column = 0; column <= row; column += 1) {
      const above = column === row ? line : (lower[column] ?? [])
      const rest = cell(matrix, row, column) - dot(line.slice(0, column), above)
      if (column < row) line.push(rest / (above[column] ?? Number.NaN))
      else if (rest > 0) line.push(Math.sqrt(rest))
      else return null
    }
    lower.push(line)
  }
  const middle: number[] = []
  for (const [row, line] of lower.entries())
    middle.push(((right[row] ?? Number.NaN) - dot(line.slice(0, row), middle)) / (line[row] ?? Number.NaN))
  const result = Array.from<number>({ length: size }).fill(0)
  for (let row = size - 1; row >= 0; row -= 1) {
    let rest = middle[row] ?? Number.NaN
    for (let below = row + 1; below < size; below += 1) rest -= cell(lower, below, row) * (result[below] ?? Number.NaN)
    result[row] = rest / cell(lower, row, row)
  }
  return result.every((value) => Number.isFinite(value)) ? result : null
}

/** Over the numbers of the first; the second may be longer. */
function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0
  for (let at = 0; at < left.length; at += 1) sum += (left[at] as number) * (right[at] as number)
  return sum
}

function plus(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, at) => value + (right[at] ?? Number.NaN))
}

function cell(matrix: readonly (readonly number[])[], row: number, column: number): number {
  return matrix[row]?.[column] ?? Number.NaN
}
