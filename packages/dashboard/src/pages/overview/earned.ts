interface Point {
  ts: number
  equity: string
}

export interface Earned {
  /** Quote units, since the first point at or after the start. */
  ml: number
  baseline: number
}

/** What a curve earned since `fromMs`: its last equity less that at the start. Null with fewer than two points. */
export function earnedSince(points: readonly Point[], fromMs: number): number | null {
  const first = points.find(({ ts }) => ts >= fromMs)
  const last = points.at(-1)
  if (first === undefined || last === undefined || first === last) return null
  return Number(last.equity) - Number(first.equity)
}

interface Profit {
  strategyId: string
  arm: 'ml' | 'baseline'
  realized: string
  fills: number
}

export interface Spread {
  count: number
  mean: number
  /** Half the width of an interval that holds the true mean 19 times of 20; null with fewer than two strategies. */
  plusMinus: number | null
}

/** Profit a strategy of one arm, with its uncertainty from the spread between strategies. Null when none has traded. */
export function spreadOf(profits: readonly Profit[], arm: Profit['arm']): Spread | null {
  const values = profits.filter((one) => one.arm === arm && one.fills > 0).map(({ realized }) => Number(realized))
  const count = values.length
  if (count === 0) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  if (count === 1) return { count, mean, plusMinus: null }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  return { count, mean, plusMinus: 1.96 * Math.sqrt(variance / count) }
}

/** Whether two spreads differ by more than both uncertainties allow to be chance. */
export function differs(a: Spread, b: Spread): boolean {
  if (a.plusMinus === null || b.plusMinus === null) return false
  return Math.abs(a.mean - b.mean) > Math.hypot(a.plusMinus, b.plusMinus)
}
