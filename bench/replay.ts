// Candles a second from a file in memory to scores, one thread, against splitting the same bytes into numbers and no more.
import { join } from 'node:path'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { KlineCursor } from '@spark/server/feed/kline-cursor'
import { ReplayCursor } from '@spark/server/replay/replay-cursor'
import { formatNumber, median, type Figure } from './figure.ts'
import { candlesPerSecond, generatedSeries, REAL_FOLDER, realSeries, type Series } from './series.ts'
import { bench, progress } from './support.ts'

const FLOOR = 0.55

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
      note: `parse, check, indicators, fuse, decide from ${formatNumber(megabytes)} MB in memory; without labels, which the target includes`,
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
