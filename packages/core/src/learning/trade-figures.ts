import { maxDrawdown, sharpeRatio } from '../calibration/sharpe.ts'
import type { BarrierTrade } from './barrier-trades.ts'

/** Of trades, after costs. Null: there is none, or too few to tell. */
export interface TradeFigures {
  trades: number
  /** Share with a net return above 0. */
  hitRate: number | null
  grossReturn: number
  /** Sum over the trades, of the capital; nothing is reinvested. */
  netReturn: number
  meanNetReturn: number | null
  /** Mean by standard deviation of the net return per trade, not annualised. */
  sharpe: number | null
  /** Largest fall of the summed net return from its height. */
  maxDrawdown: number
}

export function tradeFigures(trades: readonly Pick<BarrierTrade, 'grossReturn' | 'netReturn'>[]): TradeFigures {
  const count = trades.length
  const returns = trades.map(({ netReturn }) => netReturn)
  const netReturn = returns.reduce((sum, value) => sum + value, 0)
  return {
    trades: count,
    hitRate: count === 0 ? null : returns.filter((value) => value > 0).length / count,
    grossReturn: trades.reduce((sum, trade) => sum + trade.grossReturn, 0),
    netReturn,
    meanNetReturn: count === 0 ? null : netReturn / count,
    sharpe: sharpeRatio(returns),
    maxDrawdown: maxDrawdown(returns),
  }
}
