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
  /** Of the net return per trade; kurtosis is 3 for a normal one. */
  skewness: number | null
  kurtosis: number | null
  /** Largest fall of the summed net return from its height. */
  maxDrawdown: number
}

export function tradeFigures(trades: readonly Pick<BarrierTrade, 'grossReturn' | 'netReturn'>[]): TradeFigures {
  const count = trades.length
  let gross = 0
  let net = 0
  let hits = 0
  let height = 0
  let maxDrawdown = 0
  for (const { grossReturn, netReturn } of trades) {
    gross += grossReturn
    net += netReturn
    if (netReturn > 0) hits += 1
    height = Math.max(height, net)
    maxDrawdown = Math.max(maxDrawdown, height - net)
  }
  const mean = net / count
  const moment = (power: number) => trades.reduce((sum, { netReturn }) => sum + (netReturn - mean) ** power, 0) / count
  const deviation = Math.sqrt(moment(2))
  const spread = count >= 2 && deviation > 0
  return {
    trades: count,
    hitRate: count === 0 ? null : hits / count,
    grossReturn: gross,
    netReturn: net,
    meanNetReturn: count === 0 ? null : mean,
    sharpe: spread ? mean / deviation : null,
    skewness: spread ? moment(3) / deviation ** 3 : null,
    kurtosis: spread ? moment(4) / deviation ** 4 : null,
    maxDrawdown,
  }
}
