import type { ScoredSeries } from '@spark/core/learning/barrier-trades'
import { createIndicatorSet, pushCandle } from '@spark/core/indicators/indicator-set'
import type { Candle } from '@spark/core/market/candle'
import { timeframeMs, type Timeframe } from '@spark/core/market/timeframe'
import { fuse } from '@spark/core/signal/fuse'
import type { Model } from '@spark/core/signal/model'
import { ReplayCursor } from '../replay/replay-cursor.ts'
import { openFiles, type BacktestStream } from './backtest-streams.ts'

/** Columns of a series beside its length. */
type Column = Exclude<keyof ScoredSeries, 'lengthMs'>

const FIRST_ROWS = 4096

/** A whole stream in memory, 72 bytes a candle. Rejects with FeedError when a file cannot be read. */
export async function readScoredSeries(stream: BacktestStream, model: Model): Promise<ScoredSeries> {
  const replay = new ReplayCursor(model, 0)
  const series = growingSeries(stream.tf)
  for await (const klines of openFiles(stream)) {
    replay.open(klines)
    while (replay.step()) {
      const { candle, scored, values, fused } = replay
      series.add(candle, scored ? { atr: values.atr_14, ...fused } : null)
    }
  }
  return series.done()
}

/** Candles of a stream, oldest first, with their scores. */
export function scoreCandles(tf: Timeframe, candles: readonly Candle[], model: Model): ScoredSeries {
  const indicators = createIndicatorSet(tf)
  const series = growingSeries(tf)
  for (const candle of candles) {
    const values = pushCandle(indicators, candle)
    const { h, l, c } = candle
    series.add(candle, values === null ? null : { atr: values.atr_14, ...fuse(model, { h, l, c, ...values }) })
  }
  return series.done()
}

function growingSeries(tf: Timeframe) {
  let rows = 0
  let columns = allocate(FIRST_ROWS)
  return {
    add({ ts, o, h, l, c }: Candle, scored: { atr: number | null; score: number; confid: number } | null) {
      if (rows === columns.ts.length) columns = resize(columns, 2 * rows)
      const { atr, score, confid } = scored ?? { atr: null, score: Number.NaN, confid: Number.NaN }
      const row = { ts, o, h, l, c, atr: atr ?? Number.NaN, score, confid }
      for (const name of Object.keys(row) as Column[]) columns[name][rows] = row[name]
      rows += 1
    },
    done: (): ScoredSeries => ({ lengthMs: timeframeMs(tf), ...resize(columns, rows) }),
  }
}

function allocate(rows: number): Record<Column, Float64Array> {
  const column = () => new Float64Array(rows)
  return { ts: column(), o: column(), h: column(), l: column(), c: column(), atr: column(), score: column(), confid: column() }
}

/** A copy with so many rows. */
function resize(columns: Record<Column, Float64Array>, rows: number): Record<Column, Float64Array> {
  const resized = allocate(rows)
  for (const name of Object.keys(resized) as Column[]) resized[name].set(columns[name].subarray(0, rows))
  return resized
}
