import { describe, expect, it } from 'vitest'
import { demoReasons } from './demo-reasons.ts'

const real = { feed: 'ccxt:binance', venue: 'ccxt:binance', mode: 'live', executorReachable: true } as const

describe('why no real money can come from ML', () => {
  it('names nothing when market, venue and executor are real and ML is live', () => {
    expect(demoReasons(real)).toEqual([])
  })

  it.each([
    [{ feed: 'sim' }, 'simulated_market'],
    [{ feed: 'replay:/data/candles' }, 'replayed_market'],
    [{ venue: 'paper' }, 'paper_venue'],
    [{ venue: 'ccxt:binance testnet' }, 'testnet'],
    [{ mode: 'off' as const }, 'ml_off'],
    [{ mode: 'preview' as const }, 'ml_preview'],
    [{ executorReachable: false }, 'executor_offline'],
  ])('names %o alone: %s', (change, reason) => {
    expect(demoReasons({ ...real, ...change })).toEqual([reason])
  })

  it('names all that hold at once', () => {
    expect(demoReasons({ feed: 'sim', venue: 'paper', mode: 'preview', executorReachable: false })).toEqual([
      'simulated_market',
      'paper_venue',
      'ml_preview',
      'executor_offline',
    ])
  })
})
