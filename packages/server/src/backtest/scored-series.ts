import type { ScoredSeries } from '@spark/core/learning/barrier-trades'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { Model } from '@spark/core/signal/model'
import { ReplayCursor } from '../replay/replay-cursor.ts'
import { openFiles, type BacktestStream } from './backtest-streams.ts'

/** Columns of a series beside its length. */
type Column = Exclude<keyof ScoredSeries, 'lengthMs'>

const FIRST_ROWS = 4096

/** A whole stream in memory, 72 bytes a candle. Rejects with FeedError when a file cannot be read. */
export async function readScoredSeries(stream: BacktestStream, model: Model): Promise<ScoredSeries> {
  const replay = new ReplayCursor(model, 0)
  let rows = 0
  let columns = allocate(FIRST_ROWS)
  for await (const klines of openFiles(stream)) {
    replay.open(klines)
    while (replay.step()) {
      if (rows === columns.ts.length) columns = resize(columns, 2 * rows)
      const { candle, scored, values, fused } = replay
      columns.ts[rows] = candle.ts
      columns.o[rows] = candle.o
      columns.h[rows] = candle.h
      columns.l[rows] = candle.l
      columns.c[rows] = candle.c
      columns.atr[rows] = scored ? (values.atr_14 ?? Number.NaN) : Number.NaN
      columns.score[rows] = scored ? fused.score : Number.NaN
      columns.confid[rows] = scored ? fused.confid : Number.NaN
      rows += 1
    }
  }
  return { lengthMs: timeframeMs(stream.tf), ...resize(columns, rows) }
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
