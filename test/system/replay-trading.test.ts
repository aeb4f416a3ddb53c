import { expect, it } from 'vitest'
import { SimulatedMarket } from '@spark/server/feed/simulated-market'
import { STEPS } from './real-candles.ts'
import { tradeInReplay, tradePlainly, type PlainCandle } from './replay-trading.ts'

const HOUR = 3_600_000

// Real candles of a whole year: replay-trading.long.test.ts.
it('a replay of generated candles trades to the cent as a plain loop does', { timeout: 240_000 }, async () => {
  const start = Date.UTC(2024, 5, 1)
  const candles = 400
  const market = new SimulatedMarket({ seed: 7 })
  const markets = new Map<string, readonly PlainCandle[]>(
    ['BTCUSDT', 'LTCUSDT'].map((symbol) => [
      symbol,
      market.candlesBefore({ symbol, tf: '1h' }, 1000 + candles, start + candles * HOUR, start + candles * HOUR),
    ]),
  )
  const plain = tradePlainly(markets, start, { ...STEPS, LTCUSDT: { tick: '0.01', lot: '0.001' } })
  expect(plain.fills.length).toBeGreaterThan(15)
  expect(await tradeInReplay(markets, start)).toEqual(plain)
})
