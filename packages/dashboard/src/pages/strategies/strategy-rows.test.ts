import { describe, expect, it } from 'vitest'
import type { StrategyView } from '@spark/contract/trading'
import { pickRows, rowsOf } from './strategy-rows.ts'

const strategy = (id: string, change: Partial<StrategyView> = {}): StrategyView => ({
  id,
  name: id,
  symbol: 'BTCUSDT',
  tf: '1h',
  capital: '1000',
  mode: 'paper',
  status: 'running',
  baseline: 'ema_cross',
  exposed: false,
  pauseReason: null,
  decidedTs: 0,
  ...change,
})

const rows = rowsOf(
  [
    strategy('b', { capital: '900' }),
    strategy('a', { tf: '5m', exposed: true }),
    strategy('c', { symbol: 'ETHUSDT', status: 'paused' }),
  ],
  [
    { strategyId: 'b', realized: '2.5' },
    { strategyId: 'b', realized: '-1' },
  ],
)
const ids = (search: Parameters<typeof pickRows>[1]) => pickRows(rows, search).map(({ id }) => id)

describe('rows of strategies', () => {
  it('add up the profit of both arms', () => {
    expect(rows.map(({ profit }) => profit)).toEqual([1.5, 0, 0])
  })

  it('are found by id, symbol, status and arm', () => {
    expect(ids({ q: 'eth' })).toEqual(['c'])
    expect(ids({ status: 'running' })).toEqual(['a', 'b'])
    expect(ids({ arm: 'ml' })).toEqual(['a'])
  })

  it('are ordered by number where it is one, by length of the timeframe, and backwards', () => {
    expect(ids({ sort: 'capital' })).toEqual(['b', 'a', 'c'])
    expect(ids({ sort: 'tf' })).toEqual(['a', 'b', 'c'])
    expect(ids({ sort: 'profit', down: true })).toEqual(['b', 'a', 'c'])
  })
})
