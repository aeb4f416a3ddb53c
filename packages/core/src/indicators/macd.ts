import { createEma, peekEma, pushEma, resetEma, type EmaState } from './ema.ts'

/**
 * MACD: fast average minus slow average, its signal an average of that difference. Every average is seeded on its own
 * (Stock.Indicators' convention); TA-Lib seeds the fast one later, and both agree once the seeds are forgotten.
 */
export interface MacdState {
  fast: EmaState
  slow: EmaState
  signal: EmaState
}

export function createMacd(fastPeriod: number, slowPeriod: number, signalPeriod: number): MacdState {
  return { fast: createEma(fastPeriod), slow: createEma(slowPeriod), signal: createEma(signalPeriod) }
}

export function resetMacd(state: MacdState): void {
  resetEma(state.fast)
  resetEma(state.slow)
  resetEma(state.signal)
}

/** Takes the next close; returns the histogram (MACD minus signal, quote units), NaN until the signal has its seed. */
export function pushMacd(state: MacdState, close: number): number {
  const macd = pushEma(state.fast, close) - pushEma(state.slow, close)
  if (Number.isNaN(macd)) return Number.NaN
  return macd - pushEma(state.signal, macd)
}

/** What `pushMacd` would return, leaving the state alone. */
export function peekMacd(state: MacdState, close: number): number {
  const macd = peekEma(state.fast, close) - peekEma(state.slow, close)
  return macd - peekEma(state.signal, macd)
}
