import { expect, it } from 'vitest'
import { SimulatedMarket } from '@spark/server/feed/simulated-market'
import { rounded, tradeInReplay, tradePlainly, type PlainCandle } from './replay-trading.ts'

const HOUR = 3_600_000
const START = Date.UTC(2024, 5, 1)
const CANDLES = 600

it('a replay of generated candles trades to the cent as a plain loop does, twice the same', { timeout: 240_000 }, async () => {
  const market = new SimulatedMarket({ seed: 7 })
  const markets = new Map<string, readonly PlainCandle[]>(
    ['BTCUSDT', 'LTCUSDT'].map((symbol) => [
      symbol,
      market.candlesBefore({ symbol, tf: '1h' }, 1000 + CANDLES, START + CANDLES * HOUR, START + CANDLES * HOUR),
    ]),
  )
  const steps = { BTCUSDT: { tick: '0.01', lot: '0.00001' }, LTCUSDT: { tick: '0.01', lot: '0.001' } }
  const plain = tradePlainly(markets, START, steps)
  expect(Object.values(plain).reduce((sum, { fills }) => sum + fills, 0)).toBeGreaterThan(20)
  const [first, second] = [await tradeInReplay(markets, START), await tradeInReplay(markets, START)]
  expect(rounded(first)).toEqual(plain)
  expect(second).toEqual(first)
})
