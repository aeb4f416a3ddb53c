import type { Candle } from '../market/candle.ts'
import { createCell, type Cell } from './cell.ts'

/**
 * Average true range with Wilder's smoothing. As TA-Lib has it: the first candle has no true range (there is no
 * previous close), the average is seeded with the mean of the `period` true ranges after it.
 */
export interface AtrState {
  period: number
  /** Candles seen. */
  count: number
  previousClose: Cell
  average: Cell
}

export function createAtr(period: number): AtrState {
  return { period, count: 0, previousClose: createCell(), average: createCell() }
}

export function resetAtr(state: AtrState): void {
  state.count = 0
  state.previousClose[0] = 0
  state.average[0] = 0
}

/** Takes the next candle; returns the average true range in quote units, NaN until `period` true ranges were seen. */
export function pushAtr(state: AtrState, candle: Candle): number {
  const average = nextAverage(state, candle)
  state.average[0] = average
  state.previousClose[0] = candle.c
  state.count += 1
  return state.count <= state.period ? Number.NaN : average
}

/** What `pushAtr` would return, leaving the state alone. */
export function peekAtr(state: AtrState, candle: Candle): number {
  return state.count < state.period ? Number.NaN : nextAverage(state, candle)
}

function nextAverage(state: AtrState, candle: Candle): number {
  if (state.count === 0) return 0
  const average = state.average[0]
  const previousClose = state.previousClose[0]
  const trueRange = Math.max(candle.h, previousClose) - Math.min(candle.l, previousClose)
  return average + (trueRange - average) / (state.count < state.period ? state.count : state.period)
}
