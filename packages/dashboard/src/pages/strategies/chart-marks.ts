import type { FillView } from '@spark/contract/trading'
import type { StrategyDecision } from './strategy-decision.ts'

export interface ChartMark {
  /** Open time of the candle it stands at, ms. */
  ts: number
  kind: 'decision' | 'fill'
  side: 'buy' | 'sell'
  arm: 'ml' | 'baseline'
}

/** What was decided and what was traded, each at its candle, oldest first; what is before the first candle is left out. */
export function chartMarks(
  candles: readonly { ts: number }[],
  decisions: readonly StrategyDecision[],
  fills: readonly FillView[],
): ChartMark[] {
  const first = candles[0]?.ts ?? Infinity
  const decided = decisions.flatMap(({ candleTs, action, by }): ChartMark[] =>
    candleTs === null || candleTs < first || (action !== 'enter' && action !== 'exit')
      ? []
      : [{ ts: candleTs, kind: 'decision', side: action === 'enter' ? 'buy' : 'sell', arm: by }],
  )
  const filled = fills.flatMap(({ ts, side, arm }): ChartMark[] => {
    const candle = candles.findLast((one) => one.ts <= ts)
    return candle === undefined ? [] : [{ ts: candle.ts, kind: 'fill', side, arm }]
  })
  return [...decided, ...filled].toSorted((a, b) => a.ts - b.ts)
}
