import { timeframeMs, type Timeframe } from './timeframe.ts'

/** Candles a stream needs before anything is scored; the slowest indicator (EMA 50) has by then forgotten its seed to 3e-4. */
export const WARM_UP_CANDLES = 250

/** A gap of more candles than this restarts the warm-up; up to it the indicators go on as if the gap were not there. */
export const GAP_RESTART_CANDLES = 24

export interface Gap {
  /** Open time (ms) of the first candle that is not there. */
  firstMissingTs: number
  /** How many candles are not there, at least 1. */
  missing: number
}

/** The gap between two candles of one stream, by their open times, or null when nothing is missing or `nextTs` is not the later one. */
export function gapBetween(previousTs: number, nextTs: number, timeframe: Timeframe): Gap | null {
  const lengthMs = timeframeMs(timeframe)
  const missing = Math.floor((nextTs - previousTs) / lengthMs) - 1
  return missing > 0 ? { firstMissingTs: previousTs + lengthMs, missing } : null
}
