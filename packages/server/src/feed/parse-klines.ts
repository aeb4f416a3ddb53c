import type { Candle } from '@spark/core/market/candle'
import { KlineCursor, type KlineOptions } from './kline-cursor.ts'
import type { KlineReport } from './kline-report.ts'

/** Candles by column, oldest first: 56 bytes a candle. `closeTs` is NaN where the file has none. */
export interface KlineColumns {
  length: number
  ts: Float64Array
  o: Float64Array
  h: Float64Array
  l: Float64Array
  c: Float64Array
  v: Float64Array
  closeTs: Float64Array
}

/** Shortest row there can be is 6 one-digit fields with commas and a 10-digit time. */
const MIN_ROW_BYTES = 21

/** Reads a whole kline dump. Throws KlineFileError when it cannot be read at all; bad lines are in the report. */
export function parseKlines(bytes: Uint8Array, options: KlineOptions = {}): { columns: KlineColumns; report: KlineReport } {
  const cursor = new KlineCursor(bytes, options)
  const capacity = Math.ceil(bytes.length / MIN_ROW_BYTES) + 1
  const columns = allocate(capacity)
  let length = 0
  while (cursor.next()) {
    columns.ts[length] = cursor.ts
    columns.o[length] = cursor.o
    columns.h[length] = cursor.h
    columns.l[length] = cursor.l
    columns.c[length] = cursor.c
    columns.v[length] = cursor.v
    columns.closeTs[length] = cursor.closeTs
    length++
  }
  return { columns: cut(columns, length), report: cursor.report }
}

/** The candle in row `index`. */
export function candleAt(columns: KlineColumns, index: number): Candle {
  const { ts, o, h, l, c, v } = columns
  if (index < 0 || index >= columns.length) throw new RangeError(`row ${index} of ${columns.length}`)
  return { ts: at(ts, index), o: at(o, index), h: at(h, index), l: at(l, index), c: at(c, index), v: at(v, index) }
}

/** The first row whose open time is at or after `ts`; `length` when there is none. */
export function firstRowAt(columns: KlineColumns, ts: number): number {
  let low = 0
  let high = columns.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (at(columns.ts, middle) < ts) low = middle + 1
    else high = middle
  }
  return low
}

function at(column: Float64Array, index: number): number {
  return column[index] as number
}

function allocate(capacity: number): KlineColumns {
  const column = (): Float64Array => new Float64Array(capacity)
  return { length: 0, ts: column(), o: column(), h: column(), l: column(), c: column(), v: column(), closeTs: column() }
}

/** Copies, so that the room that was not needed is given back. */
function cut(columns: KlineColumns, length: number): KlineColumns {
  const { ts, o, h, l, c, v, closeTs } = columns
  const part = (column: Float64Array): Float64Array => column.slice(0, length)
  return { length, ts: part(ts), o: part(o), h: part(h), l: part(l), c: part(c), v: part(v), closeTs: part(closeTs) }
}
