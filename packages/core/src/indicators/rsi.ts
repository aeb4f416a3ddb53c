import { createCell, type Cell } from './cell.ts'

/**
 * Relative strength index with Wilder's smoothing (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978),
 * seeded with the mean gain and loss of the first `period` changes.
 */
export interface RsiState {
  period: number
  /** Closes seen. */
  count: number
  previousClose: Cell
  averageGain: Cell
  averageLoss: Cell
}

export function createRsi(period: number): RsiState {
  return { period, count: 0, previousClose: createCell(), averageGain: createCell(), averageLoss: createCell() }
}

export function resetRsi(state: RsiState): void {
  state.count = 0
  state.previousClose[0] = 0
  state.averageGain[0] = 0
  state.averageLoss[0] = 0
}

/** Takes the next close; returns the index in 0..100, NaN until `period` changes were seen. */
export function pushRsi(state: RsiState, close: number): number {
  const change = changeTo(state, close)
  const gain = nextGain(state, change)
  const loss = nextLoss(state, change)
  state.averageGain[0] = gain
  state.averageLoss[0] = loss
  state.previousClose[0] = close
  state.count += 1
  return state.count <= state.period ? Number.NaN : rsiOf(gain, loss)
}

/** What `pushRsi` would return, leaving the state alone. */
export function peekRsi(state: RsiState, close: number): number {
  if (state.count < state.period) return Number.NaN
  const change = changeTo(state, close)
  return rsiOf(nextGain(state, change), nextLoss(state, change))
}

function changeTo(state: RsiState, close: number): number {
  return state.count === 0 ? 0 : close - state.previousClose[0]
}

function nextGain(state: RsiState, change: number): number {
  const average = state.averageGain[0]
  return average + ((change > 0 ? change : 0) - average) / divisor(state)
}

function nextLoss(state: RsiState, change: number): number {
  const average = state.averageLoss[0]
  return average + ((change < 0 ? -change : 0) - average) / divisor(state)
}

// After n closes comes change number n: a plain mean up to the period, Wilder's smoothing from there on.
function divisor(state: RsiState): number {
  if (state.count >= state.period) return state.period
  return state.count === 0 ? 1 : state.count
}

// A market that does not move says nothing: 50. The quotient, unlike gain / (gain + loss), cannot overflow into NaN.
function rsiOf(gain: number, loss: number): number {
  if (loss === 0) return gain === 0 ? 50 : 100
  return 100 - 100 / (1 + gain / loss)
}
