// Candles a second from a file in memory to scores, one thread, against splitting the same bytes into numbers and no more.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Timeframe } from '@spark/core/market/timeframe'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { createRandom, randomNormal, randomUniform } from '@spark/core/stats/random'
import { KlineCursor } from '@spark/server/feed/kline-cursor'
import { readKlineBytes } from '@spark/server/feed/kline-file'
import { ReplayCursor } from '@spark/server/replay/replay-cursor'
import { formatNumber, median, type Figure } from './figure.ts'
import { bench, durationMs, progress } from './support.ts'

const GENERATED_CANDLES = 500_000
const MINUTE_MS = 60_000
const FIRST_TS = Date.UTC(2024, 0, 1)
/** Real files are short: a round reads them again until so many candles went through. */
const ROUND_CANDLES = 500_000
const FLOOR = 0.55
const REAL_FOLDER = fileURLToPath(new URL('../../shared/data/candles/spot/BTCUSDT', import.meta.url))

interface Series {
  name: string
  timeframe: Timeframe
  /** The files of the stream, oldest first. */
  files: Uint8Array[]
}

/** A dump with the 12 columns of Binance, prices with cents, as long as the real ones. */
function generatedSeries(): Series {
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

async function realSeries(timeframe: Timeframe): Promise<Series | null> {
  const folder = join(REAL_FOLDER, timeframe)
  if (!existsSync(folder)) return null
  const names = readdirSync(folder).sort()
  return {
    name: `real BTCUSDT ${timeframe}`,
    timeframe,
    files: await Promise.all(names.map((name) => readKlineBytes(join(folder, name)))),
  }
}

/** Parse, check, indicators, fuse, decide. Resolves with the candles read and a sum, so that nothing can be left out. */
function replay({ files, timeframe }: Series): { candles: number; sum: number } {
  const cursor = new ReplayCursor(ML_FUSION_1_2, FLOOR)
  let sum = 0
  for (const bytes of files) {
    cursor.open(new KlineCursor(bytes, { timeframe }))
    while (cursor.next()) sum += cursor.fused.score + cursor.decision + cursor.bucket
  }
  return { candles: cursor.candles, sum }
}

/** What one writes first: lines, fields, Number. No check, no indicator, no score. */
function splitIntoNumbers({ files }: Series): { candles: number; sum: number } {
  let candles = 0
  let sum = 0
  for (const bytes of files) {
    for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split('\n')) {
      const [ts, o, h, l, c, v] = line.split(',').map(Number)
      if (ts === undefined || Number.isNaN(ts) || o === undefined || h === undefined || l === undefined) continue
      if (c === undefined || v === undefined) continue
      candles += 1
      sum += o + h + l + c + v
    }
  }
  return { candles, sum }
}

/** Reads the series until ROUND_CANDLES went through. */
async function candlesPerSecond(work: () => { candles: number; sum: number }): Promise<number> {
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

async function measure(series: Series, rounds: number): Promise<Figure[]> {
  const replayRates: number[] = []
  const splitRates: number[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const rate = await candlesPerSecond(() => replay(series))
    const split = await candlesPerSecond(() => splitIntoNumbers(series))
    progress(`replay, ${series.name}, round ${round}/${rounds}: ${formatNumber(rate)}/s against ${formatNumber(split)}/s`)
    if (round === 0) continue
    replayRates.push(rate)
    splitRates.push(split)
  }
  const megabytes = series.files.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6
  return [
    {
      what: `replay, ${series.name}`,
      baseline: null,
      unit: 'candles/s',
      values: replayRates,
      target: { atLeast: 1_000_000 },
      note: `parse, check, indicators, fuse, decide from ${formatNumber(megabytes)} MB in memory; labels, which the target includes, do not exist yet`,
    },
    {
      what: `replay, ${series.name}, beside splitting`,
      baseline: 'split and Number() alone',
      unit: 'times its candles/s',
      values: replayRates.map((rate, at) => rate / (splitRates[at] ?? Number.NaN)),
      target: null,
      note: `${formatNumber(median(splitRates))} candles/s by splitting, which checks and scores nothing`,
    },
  ]
}

await bench({ rounds: 7 }, async ({ rounds }) => {
  const figures = await measure(generatedSeries(), rounds)
  for (const timeframe of ['1m', '15m', '1h'] as const) {
    const series = await realSeries(timeframe)
    if (series === null) progress(`replay: ${join(REAL_FOLDER, timeframe)} is not there and is left out`)
    else figures.push(...(await measure(series, rounds)))
  }
  return figures
})
