import { CANDLE_TIME_END_MS, PRICE_MAX, VOLUME_MAX, candleFault } from '@spark/core/market/candle'
import { timeframeMs, type Timeframe } from '@spark/core/market/timeframe'
import { ByteReader } from './byte-reader.ts'
import { detectKlineFormat, detectTimeframe, KlineFileError, timeToMs, type KlineFormat } from './kline-format.ts'
import { addReject, emptyKlineReport, type KlineReport } from './kline-report.ts'

const COMMA = 44

/** Slots of the reader's values. */
const TS = 0
const OPEN = 1
const HIGH = 2
const LOW = 3
const CLOSE = 4
const VOLUME = 5
const CLOSE_TS = 6
const LAST_TS = 7
const SLOTS = 8

export interface KlineOptions {
  /** Overrides what the file's name says. */
  symbol?: string
  /** Overrides what the file's name and rows say. */
  timeframe?: Timeframe
}

/**
 * Walks over the rows of a kline dump in memory: `while (cursor.next()) use(cursor.ts, cursor.o, …)`.
 * The fields are those of the current row and change with the next; no row makes an object.
 * Rows that are malformed, invalid, unaligned, repeated or out of order are passed over and reported by line.
 */
export class KlineCursor {
  readonly format: KlineFormat
  /** Complete once `next` has returned false. */
  readonly report: KlineReport
  readonly #reader: ByteReader
  readonly #lengthMs: number
  readonly #values: Float64Array
  #line = 0
  #rows = 0

  /** Throws KlineFileError when the bytes hold no kline rows or the timeframe cannot be told. */
  constructor(bytes: Uint8Array, options: KlineOptions = {}) {
    this.format = detectKlineFormat(bytes)
    const timeframe = options.timeframe ?? detectTimeframe(bytes, this.format)
    if (timeframe === null)
      throw new KlineFileError('the timeframe cannot be told from the rows; name the file SYMBOL-TIMEFRAME-….csv or give it')
    this.#lengthMs = timeframeMs(timeframe)
    this.report = emptyKlineReport(options.symbol ?? null, timeframe)
    this.#reader = new ByteReader(bytes, this.format.startByte, SLOTS)
    this.#values = this.#reader.values
    this.#values[CLOSE_TS] = Number.NaN
    this.#values[LAST_TS] = -1
    if (this.format.hasHeader) {
      this.#line = 1
      this.#reader.skipLine()
    }
  }

  get ts(): number {
    return this.#values[TS] as number
  }
  get o(): number {
    return this.#values[OPEN] as number
  }
  get h(): number {
    return this.#values[HIGH] as number
  }
  get l(): number {
    return this.#values[LOW] as number
  }
  get c(): number {
    return this.#values[CLOSE] as number
  }
  get v(): number {
    return this.#values[VOLUME] as number
  }
  /** Close time in ms, NaN when the file has none. */
  get closeTs(): number {
    return this.#values[CLOSE_TS] as number
  }

  /** Moves to the next good row; false at the end. */
  next(): boolean {
    const reader = this.#reader
    while (reader.position < reader.end) {
      this.#line++
      if (reader.atLineEnd()) {
        reader.skipLine()
        continue
      }
      const problem = this.#readRow() ?? this.#placeProblem()
      if (problem === null) {
        this.#count()
        return true
      }
      addReject(this.report, this.#line, problem)
    }
    this.report.rows = this.#rows
    if (this.#rows > 0) this.report.lastTs = this.#values[LAST_TS] as number
    return false
  }

  /** Reads one line into the fields and steps behind it. The problem, or null. */
  #readRow(): string | null {
    const reader = this.#reader
    const start = reader.position
    this.#time(TS)
    let complete = reader.comma()
    for (let slot = OPEN; slot < VOLUME; slot++) {
      reader.decimal(slot)
      complete = reader.comma() && complete
    }
    reader.decimal(VOLUME)
    if (this.format.hasCloseTime) {
      complete = reader.comma() && complete
      this.#time(CLOSE_TS)
    }
    const readTo = reader.position
    if (this.format.columns === 6) complete = reader.atLineEnd() && complete
    reader.skipLine()
    if (!complete) return this.#fieldCountProblem(start, reader.position) ?? 'a field is malformed'
    // The rest of a row is not looked at, but a file that was cut off in its last row shows there.
    if (reader.position === reader.end && readTo < reader.end) {
      const problem = this.#fieldCountProblem(start, reader.end)
      if (problem !== null) return problem
    }
    const { o, h, l, c, v } = this
    // Also false for NaN. candleFault finds the words.
    const valid = l > 0 && l <= o && l <= c && h >= o && h >= c && v >= 0 && h <= PRICE_MAX && v <= VOLUME_MAX
    if (Number.isNaN(this.ts)) return `open time is not a time in ${this.format.time}`
    if (this.ts >= CANDLE_TIME_END_MS) return `open time ${this.ts} is after 2099`
    if (this.format.hasCloseTime && Number.isNaN(this.closeTs)) return `close time is not a time in ${this.format.time}`
    return valid ? null : (candleFault(this)?.detail ?? null)
  }

  #fieldCountProblem(start: number, end: number): string | null {
    let fields = 1
    for (let index = start; index < end; index++) if (this.#reader.bytes[index] === COMMA) fields++
    return fields === this.format.columns ? null : `${fields} fields where the file has ${this.format.columns}`
  }

  /** Puts the time of the current field, in ms, into a slot; NaN when it is not in the file's notation. */
  #time(slot: number): void {
    const { time } = this.format
    const reader = this.#reader
    if (time === 'text') {
      this.#values[slot] = timeToMs(reader.text(), 'text')
      return
    }
    reader.decimal(slot)
    const value = this.#values[slot] as number
    if (time === 'ms') {
      if (!(value >= 1e11 && value < 1e14 && Math.floor(value) === value)) this.#values[slot] = Number.NaN
    } else if (time === 'us') this.#values[slot] = value >= 1e14 && value < 1e17 ? Math.floor(value / 1000) : Number.NaN
    else this.#values[slot] = value >= 1e8 && value < 1e11 ? value * 1000 : Number.NaN
  }

  /** Order and alignment against the row before. */
  #placeProblem(): string | null {
    const { ts } = this
    const lastTs = this.#values[LAST_TS] as number
    if (ts === lastTs + this.#lengthMs) return null
    if (ts % this.#lengthMs !== 0) return `open time ${ts} is not on a multiple of ${this.report.timeframe}`
    if (ts === lastTs) return `open time ${ts} is repeated`
    if (ts < lastTs) return `open time ${ts} is out of order, after ${lastTs}`
    return null
  }

  #count(): void {
    const { ts } = this
    const lastTs = this.#values[LAST_TS] as number
    const report = this.report
    const expectedTs = lastTs + this.#lengthMs
    if (this.#rows === 0) report.firstTs = ts
    else if (ts !== expectedTs) {
      const missing = (ts - expectedTs) / this.#lengthMs
      report.gaps.push({ firstMissingTs: expectedTs, missing })
      report.missing += missing
    }
    if (this.closeTs < ts + this.#lengthMs - 1) report.shortCandles.push(ts)
    if (this.v === 0) report.zeroVolumeRows++
    this.#values[LAST_TS] = ts
    this.#rows++
  }
}
