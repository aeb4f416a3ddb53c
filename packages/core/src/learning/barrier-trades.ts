import { roundTripCost, type TradingCosts } from '../calibration/labels.ts'
import type { Span } from './walk-forward.ts'

/** A stream as scored, by column, oldest first; rows that have no score are NaN in `confid`. */
export interface ScoredSeries {
  /** Length of a candle, ms. */
  lengthMs: number
  ts: Float64Array
  o: Float64Array
  h: Float64Array
  l: Float64Array
  c: Float64Array
  atr: Float64Array
  score: Float64Array
  confid: Float64Array
}

/** What `optimize` may change of a strategy. */
export interface TradeRule {
  /** Confidence under which nothing is entered. */
  floor: number
  /** Distances of the barriers from the entry, in ATR of the decision's candle. */
  profitAtrs: number
  stopAtrs: number
  expiryCandles: number
  /** Share of the capital that a stop may lose; null: the whole capital is used. */
  riskShare: number | null
}

/** Of a long position; returns are shares of the strategy's capital. */
export interface BarrierTrade extends Span {
  entryTs: number
  grossReturn: number
  netReturn: number
}

/**
 * What a strategy earns that is long or flat: it enters at the open after a decision of +1, one position at a time, and leaves
 * at a barrier or at the expiry. The stop counts first in a candle that touches both, and is filled at the open where that is
 * worse. A decision whose next candle is missing is not entered; one that is open at the end of the series is left out.
 */
export function barrierTrades(series: ScoredSeries, rule: TradeRule, costs: TradingCosts): BarrierTrade[] {
  const { ts, o, atr, score, confid, lengthMs } = series
  const cost = roundTripCost(costs)
  const trades: BarrierTrade[] = []
  const last = ts.length - 1
  for (let row = 0; row < last; row += 1) {
    if (!((confid[row] as number) >= rule.floor && (score[row] as number) > 0 && (atr[row] as number) > 0)) continue
    if ((ts[row + 1] as number) !== (ts[row] as number) + lengthMs) continue
    const exit = exitOf(series, row, rule)
    if (exit === null) break
    const entry = o[row + 1] as number
    const grossReturn = exit.price / entry - 1
    const size =
      rule.riskShare === null ? 1 : Math.min(1, rule.riskShare / ((rule.stopAtrs * (atr[row] as number)) / entry + cost))
    trades.push({
      ts: ts[row] as number,
      entryTs: ts[row + 1] as number,
      exitTs: (ts[exit.row] as number) + lengthMs,
      grossReturn: size * grossReturn,
      netReturn: size * (grossReturn - cost),
    })
    // The next decision is that of the candle in which it was closed.
    row = exit.row - 1
  }
  return trades
}

/** Null when the series ends first. */
function exitOf(
  { ts, o, h, l, c, atr, lengthMs }: ScoredSeries,
  decided: number,
  { profitAtrs, stopAtrs, expiryCandles }: TradeRule,
): { row: number; price: number } | null {
  const entry = o[decided + 1] as number
  const stop = entry - stopAtrs * (atr[decided] as number)
  const profit = entry + profitAtrs * (atr[decided] as number)
  const expiryMs = (ts[decided + 1] as number) + expiryCandles * lengthMs
  for (let row = decided + 1; row < ts.length; row += 1) {
    // The market was away: the first price is what one gets.
    if ((ts[row] as number) >= expiryMs) return { row, price: o[row] as number }
    if ((l[row] as number) <= stop) return { row, price: Math.min(stop, o[row] as number) }
    if ((h[row] as number) >= profit) return { row, price: profit }
    if ((ts[row] as number) + lengthMs >= expiryMs) return { row, price: c[row] as number }
  }
  return null
}
