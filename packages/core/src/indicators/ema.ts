import { createCell, type Cell } from './cell.ts'

/**
 * Exponential moving average, seeded with the simple mean of its first `period` values (TA-Lib's default,
 * and that of Stock.Indicators). State is plain JSON: numbers survive JSON bit for bit.
 */
export interface EmaState {
  period: number
  /** Values seen. */
  count: number
  /** The running mean while `count <= period`, from there on the average itself. */
  average: Cell
}

export function createEma(period: number): EmaState {
  return { period, count: 0, average: createCell() }
}

export function resetEma(state: EmaState): void {
  state.count = 0
  state.average[0] = 0
}

/** Takes the next value; returns the average, NaN while fewer than `period` values were seen. */
export function pushEma(state: EmaState, x: number): number {
  const average = nextAverage(state, x)
  state.average[0] = average
  state.count += 1
  return state.count < state.period ? Number.NaN : average
}

/** What `pushEma` would return, leaving the state alone. */
export function peekEma(state: EmaState, x: number): number {
  return state.count + 1 < state.period ? Number.NaN : nextAverage(state, x)
}

// The difference form keeps a flat market exactly flat; smoothing factor 2 / (period + 1), while seeding 1 / n.
function nextAverage(state: EmaState, x: number): number {
  const average = state.average[0]
  const seen = state.count + 1
  return average + (x - average) / (seen <= state.period ? seen : (state.period + 1) / 2)
}
