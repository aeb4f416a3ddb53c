import { describe, expect, it } from 'vitest'
import type { FillView } from '@spark/contract/trading'
import { chartMarks } from './chart-marks.ts'
import { realizedCurve } from './realized-curve.ts'
import type { StrategyDecision } from './strategy-decision.ts'

const fill = (ts: number, change: Partial<FillView> = {}): FillView => ({
  venue: 'paper',
  symbol: 'BTCUSDT',
  fillId: String(ts),
  intentId: 'i',
  strategyId: 's',
  arm: 'baseline',
  side: 'buy',
  quantity: '1',
  price: '100',
  fee: '0.1',
  feeAsset: 'USDT',
  realized: '0',
  ts,
  ...change,
})
const decision = (candleTs: number, change: Partial<StrategyDecision> = {}): StrategyDecision => ({
  id: 'd',
  ts: candleTs + 60_000,
  traceId: null,
  by: 'ml',
  decision: 1,
  confid: 0.6,
  action: 'enter',
  reasons: ['long_signal'],
  candleTs,
  ...change,
})

describe('marks on candles', () => {
  it('stand at the candle that was decided on and at the candle of the fill, oldest first', () => {
    const candles = [{ ts: 60_000 }, { ts: 120_000 }]
    const fills = [fill(130_000, { arm: 'ml' }), fill(59_000)]
    const decisions = [
      decision(60_000),
      decision(120_000, { action: 'keep' }),
      decision(0),
      decision(120_000, { candleTs: null }),
    ]
    expect(chartMarks(candles, decisions, fills)).toEqual([
      { ts: 60_000, kind: 'decision', side: 'buy', arm: 'ml' },
      { ts: 120_000, kind: 'fill', side: 'buy', arm: 'ml' },
    ])
  })
})

describe('the curve of what fills made real', () => {
  it('ends at what was made so far, also where the oldest fills are not known', () => {
    const fills = [fill(3, { realized: '-2' }), fill(2), fill(1, { realized: '5' })]
    expect(realizedCurve(fills, 13).map(({ total, fill: { ts } }) => [ts, total])).toEqual([
      [1, 15],
      [2, 15],
      [3, 13],
    ])
  })
})
