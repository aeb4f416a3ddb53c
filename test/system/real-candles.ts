import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { candleAt, parseKlines } from '@spark/server/feed/parse-klines'
import { SHARED_DATA } from '../support/spark.ts'
import type { PlainCandle } from './replay-trading.ts'

const SYMBOLS = ['BTCUSDT', 'ETHUSDT']
export const STEPS = { BTCUSDT: { tick: '0.01', lot: '0.00001' }, ETHUSDT: { tick: '0.01', lot: '0.0001' } }

const fileOf = (symbol: string) => join(SHARED_DATA, `candles/spot/${symbol}/1h/${symbol}-1h-2024.csv.gz`)

export const realCandlesAreMissing = SYMBOLS.some((symbol) => !existsSync(fileOf(symbol)))

/** BTCUSDT and ETHUSDT 1h of 2024, those that opened before `endMs`. */
export function realCandles(endMs: number): Map<string, PlainCandle[]> {
  return new Map(
    SYMBOLS.map((symbol) => {
      const { columns } = parseKlines(gunzipSync(readFileSync(fileOf(symbol))))
      const candles = Array.from({ length: columns.length }, (_, at) => candleAt(columns, at))
      return [symbol, candles.filter(({ ts }) => ts < endMs)]
    }),
  )
}
