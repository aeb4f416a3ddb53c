import type { AnswerOf } from '@spark/contract/routes'

type Arm = AnswerOf<'earned'>['items'][number]['arm']
type Profit = Pick<AnswerOf<'earned'>['items'][number], 'arm' | 'realized'>

export interface Earned {
  /** Strategies that closed something. */
  count: number
  /** Quote units, of all of them together. */
  sum: number
  /** A strategy. */
  mean: number
  /** Half the width of an interval that holds the true mean 19 times of 20; null with fewer than two strategies. */
  meanPlusMinus: number | null
}

/** What one arm earned, with its uncertainty from the spread between strategies. Null when it has closed nothing. */
export function earnedOf(profits: readonly Profit[], arm: Arm): Earned | null {
  const values = profits.filter((one) => one.arm === arm).map(({ realized }) => Number(realized))
  const count = values.length
  if (count === 0) return null
  const sum = values.reduce((total, value) => total + value, 0)
  const mean = sum / count
  if (count === 1) return { count, sum, mean, meanPlusMinus: null }
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (count - 1)
  return { count, sum, mean, meanPlusMinus: 1.96 * Math.sqrt(variance / count) }
}

/** Whether the means differ by more than both uncertainties allow to be chance. */
export function differs(a: Earned, b: Earned): boolean {
  if (a.meanPlusMinus === null || b.meanPlusMinus === null) return false
  return Math.abs(a.mean - b.mean) > Math.hypot(a.meanPlusMinus, b.meanPlusMinus)
}
