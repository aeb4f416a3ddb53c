import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { candleAt, parseKlines } from '@spark/server/feed/parse-klines'
import { SHARED_DATA } from '../support/spark.ts'
import { rounded, tradeInReplay, tradePlainly } from './replay-trading.ts'

const file = (symbol: string) => join(SHARED_DATA, `candles/spot/${symbol}/1h/${symbol}-1h-2024.csv.gz`)
const missing = ['BTCUSDT', 'ETHUSDT'].filter((symbol) => !existsSync(file(symbol)))

it.skipIf(missing.length > 0)(
  'a replay of BTCUSDT and ETHUSDT 1h 2024 trades to the cent as a plain loop does, twice the same (skipped without ../shared/data)',
  async () => {
    const markets = new Map(
      ['BTCUSDT', 'ETHUSDT'].map((symbol) => {
        const { columns } = parseKlines(gunzipSync(readFileSync(file(symbol))))
        return [symbol, Array.from({ length: columns.length }, (_, at) => candleAt(columns, at))] as const
      }),
    )
    const start = Date.UTC(2024, 1, 15)
    const plain = tradePlainly(markets, start, {
      BTCUSDT: { tick: '0.01', lot: '0.00001' },
      ETHUSDT: { tick: '0.01', lot: '0.0001' },
    })
    const [first, second] = [await tradeInReplay(markets, start), await tradeInReplay(markets, start)]
    console.log(`replay 2024: ${JSON.stringify(first)}`)
    expect(rounded(first)).toEqual(plain)
    expect(second).toEqual(first)
  },
)
