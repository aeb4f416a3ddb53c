import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Timeframe } from '@spark/core/market/timeframe'
import { createRandom, randomNormal, randomUniform } from '@spark/core/stats/random'
import { readKlineBytes } from '@spark/server/feed/kline-file'
import { durationMs } from './support.ts'

const GENERATED_CANDLES = 500_000
const MINUTE_MS = 60_000
const FIRST_TS = Date.UTC(2024, 0, 1)
/** Real files are short: a round reads them again until so many candles went through. */
const ROUND_CANDLES = 500_000
export const REAL_FOLDER = fileURLToPath(new URL('../../shared/data/candles/spot/BTCUSDT', import.meta.url))

export interface Series {
  name: string
  timeframe: Timeframe
  /** The files of the stream, oldest first. */
  files: Uint8Array[]
}

/** A dump with the 12 columns of Binance, prices with cents, as long as the real ones. */
export function generatedSeries(): Series {
  const random = createRandom(1)
  const lines = [
    'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
  ]
  let o = 60_000
  for (let index = 0; index < GENERATED_CANDLES; index++) {
    const ts = FIRST_TS + index * MINUTE_MS
    const c = o * (1 + 0.0005 * randomNormal(random))
    const h = Math.max(o, c) * (1 + 0.0003 * randomUniform(random))
    const l = Math.min(o, c) * (1 - 0.0003 * randomUniform(random))
    const v = 20 * randomUniform(random)
    const [open, high, low, close] = [o, h, l, c].map((price) => `${price.toFixed(2)}000000`)
    const [quote, taker] = [(v * c).toFixed(8), (v / 2).toFixed(8)]
    lines.push(
      `${ts},${open},${high},${low},${close},${v.toFixed(8)},${ts + MINUTE_MS - 1},${quote},${Math.floor(100 * v)},${taker},${((v * c) / 2).toFixed(8)},0`,
    )
    o = c
  }
  return { name: 'generated 1m', timeframe: '1m', files: [Buffer.from(`${lines.join('\n')}\n`)] }
}

/** Null when the folder is not there. */
export async function realSeries(timeframe: Timeframe): Promise<Series | null> {
  const folder = join(REAL_FOLDER, timeframe)
  if (!existsSync(folder)) return null
  const names = readdirSync(folder).sort()
  return {
    name: `real BTCUSDT ${timeframe}`,
    timeframe,
    files: await Promise.all(names.map((name) => readKlineBytes(join(folder, name)))),
  }
}

/** Does the work again until enough candles went through; `sum` is of what came out, so that nothing can be left out. */
export async function candlesPerSecond(work: () => { candles: number; sum: number }): Promise<number> {
  let candles = 0
  let sum = 0
  const ms = await durationMs(() => {
    while (candles < ROUND_CANDLES) {
      const pass = work()
      candles += pass.candles
      sum += pass.sum
    }
  })
  if (!Number.isFinite(sum)) throw new Error('a score is not a number')
  return (candles / ms) * 1000
}
