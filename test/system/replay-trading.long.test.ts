import { expect, it } from 'vitest'
import { STEPS, realCandles, realCandlesAreMissing } from './real-candles.ts'
import { tradeInReplay, tradePlainly } from './replay-trading.ts'

it.skipIf(realCandlesAreMissing)(
  'a replay of BTCUSDT and ETHUSDT 1h 2024 trades to the cent as a plain loop does, twice the same (skipped without ../shared/data)',
  async () => {
    const markets = realCandles(Infinity)
    const start = Date.UTC(2024, 1, 15)
    const plain = tradePlainly(markets, start, STEPS)
    const [first, second] = [await tradeInReplay(markets, start), await tradeInReplay(markets, start)]
    console.log(`replay 2024: ${first.orders.length} orders, ${first.fills.length} fills, ${JSON.stringify(first.equity)}`)
    expect(first).toEqual(plain)
    expect(second).toEqual(first)
  },
)
