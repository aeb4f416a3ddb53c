import type { Timeframe } from '@spark/core/market/timeframe'
import { describe, expect, it } from 'vitest'
import { mainStreams } from './main-streams.ts'

const base = (symbol: string) => symbol.slice(0, 3)
const stream = (symbol: string, tf: Timeframe) => ({ symbol, tf })
const strategy = (symbol: string, tf: Timeframe, capital: string, status: 'running' | 'stopped' = 'running') => ({
  symbol,
  tf,
  capital,
  status,
})

describe('the streams that models are judged by', () => {
  const streams = [
    stream('BTCUSDT', '1m'),
    stream('BTCUSDT', '1h'),
    stream('BTCEUR', '4h'),
    stream('ETHUSDT', '5m'),
    stream('ETHUSDT', '15m'),
  ]

  it('are one a base asset: where most capital of running strategies is', () => {
    const strategies = [
      strategy('BTCUSDT', '1h', '1000'),
      strategy('BTCUSDT', '1m', '600'),
      strategy('BTCUSDT', '1m', '600'),
      strategy('BTCEUR', '4h', '9000', 'stopped'),
      strategy('ETHUSDT', '5m', '1'),
    ]
    expect(mainStreams(streams, strategies, base)).toEqual([stream('BTCUSDT', '1m'), stream('ETHUSDT', '5m')])
  })
  it('have the longest timeframe where capital is the same, and in any order', () => {
    const expected = [stream('BTCEUR', '4h'), stream('ETHUSDT', '15m')]
    expect(mainStreams(streams, [], base)).toEqual(expected)
    expect(mainStreams(streams.toReversed(), [], base)).toEqual(expected)
  })
})
