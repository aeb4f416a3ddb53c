import { TIMEFRAMES, timeframeOfLength, type Timeframe } from '@spark/core/market/timeframe'

/** How times are written. Binance spot dumps turned from milliseconds to microseconds on 2025-01-01. */
export type TimeNotation = 's' | 'ms' | 'us' | 'text'

/** The shape of one kline dump, decided once for the whole file. */
export interface KlineFormat {
  /** Byte at which the first row (or the header, when there is one) begins: 3 after a byte order mark. */
  startByte: number
  hasHeader: boolean
  time: TimeNotation
  /** Fields in a row: 6 (open time … volume) or more. */
  columns: number
  /** Whether field 7 is the close time. */
  hasCloseTime: boolean
}

/** The file cannot be read as kline rows at all. A bad line inside a readable file is a reject, not this. */
export class KlineFileError extends Error {
  readonly code = 'kline_file_unreadable'
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'KlineFileError'
  }
}

/** Lines looked at to find the shape and the timeframe. */
const SAMPLE_LINES = 200
const SAMPLE_BYTES = 64 * 1024
const MIN_COLUMNS = 6
const PRICE_HEADER = ['open', 'high', 'low', 'close', 'volume']

/** Decides header, time notation and columns from the first lines. Throws KlineFileError. */
export function detectKlineFormat(bytes: Uint8Array): KlineFormat {
  const startByte = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const lines = sampleLines(bytes, startByte)
  const first = splitFields(lines[0] ?? '')
  const hasHeader = first.length >= MIN_COLUMNS && first.every((field) => /^[a-z][a-z _]*$/i.test(field))
  if (hasHeader) checkHeader(first)
  for (const line of hasHeader ? lines.slice(1) : lines) {
    const fields = splitFields(line)
    const time = timeNotation(fields[0] ?? '')
    if (fields.length < MIN_COLUMNS || time === null) continue
    const hasCloseTime = hasHeader ? first[6]?.toLowerCase() === 'close_time' : timeNotation(fields[6] ?? '') === time
    return { startByte, hasHeader, time, columns: fields.length, hasCloseTime }
  }
  throw new KlineFileError(
    `no kline row in the first ${lines.length} lines; expected open_time,open,high,low,close,volume[,close_time,…] with times as s, ms, µs or YYYY-MM-DD HH:MM:SS`,
  )
}

/**
 * The timeframe from what the rows say: the longest close_time − open_time + 1 (candles cut short by an outage are shorter),
 * else the smallest spacing of open times. Null when neither is a length Spark knows.
 */
export function detectTimeframe(bytes: Uint8Array, format: KlineFormat): Timeframe | null {
  const openTimes: number[] = []
  let longestMs = 0
  for (const line of sampleLines(bytes, format.startByte)) {
    const fields = splitFields(line)
    const openMs = timeToMs(fields[0] ?? '', format.time)
    if (!Number.isFinite(openMs)) continue
    openTimes.push(openMs)
    if (format.hasCloseTime) longestMs = Math.max(longestMs, timeToMs(fields[6] ?? '', format.time) - openMs + 1)
  }
  const fromCloseTime = timeframeOfLength(longestMs)
  if (fromCloseTime !== null) return fromCloseTime
  openTimes.sort((a, b) => a - b)
  const spacings = openTimes.slice(1).map((openMs, index) => openMs - (openTimes[index] ?? 0))
  return timeframeOfLength(Math.min(...spacings.filter((spacing) => spacing > 0)))
}

/** Symbol and timeframe of a name such as `BTCUSDT-1h-2018.csv.gz`; null where the name does not say. */
export function streamFromFileName(name: string): { symbol: string | null; timeframe: Timeframe | null } {
  const match = /^([A-Z0-9]{2,30})[-_]([0-9]+[mhd])(?=[-_.]|$)/.exec(name)
  return { symbol: match?.[1] ?? null, timeframe: TIMEFRAMES.find((timeframe) => timeframe === match?.[2]) ?? null }
}

/** How a time is written, by magnitude: seconds below 1e11 (year 5138), ms below 1e14, µs below 1e17. */
export function timeNotation(text: string): TimeNotation | null {
  if (/^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?Z?)?$/.test(text)) return 'text'
  if (!/^\d{9,17}(\.0+)?$/.test(text)) return null
  const value = Number(text)
  return value < 1e11 ? 's' : value < 1e14 ? 'ms' : value < 1e17 ? 'us' : null
}

/** Milliseconds since 1970; NaN when the text is not a time in that notation. A fraction of a millisecond is cut off. */
export function timeToMs(text: string, notation: TimeNotation): number {
  if (timeNotation(text) !== notation) return Number.NaN
  if (notation === 'text') return textTimeMs(text)
  if (notation === 's') return Number(text) * 1000
  return notation === 'ms' ? Number(text) : Math.floor(Number(text) / 1000)
}

/** `YYYY-MM-DD[ HH:MM[:SS]]`, UTC. A day that the month does not have is NaN. */
function textTimeMs(text: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[-T :Z]/).map(Number)
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  return new Date(ms).getUTCDate() === day && hour < 24 && minute < 60 && second < 60 && month <= 12 ? ms : Number.NaN
}

function sampleLines(bytes: Uint8Array, startByte: number): string[] {
  const text = new TextDecoder('latin1').decode(bytes.subarray(startByte, startByte + SAMPLE_BYTES))
  const lines = text.split('\n', SAMPLE_LINES)
  // The sample may end inside a line.
  if (bytes.length > startByte + SAMPLE_BYTES && lines.length < SAMPLE_LINES) lines.pop()
  return lines
}

function splitFields(line: string): string[] {
  return line.trim().split(',')
}

function checkHeader(fields: readonly string[]): void {
  const names = fields.slice(1, MIN_COLUMNS).map((field) => field.toLowerCase())
  if (names.join() !== PRICE_HEADER.join())
    throw new KlineFileError(`columns 2 to 6 are ${names.join(', ')}; expected ${PRICE_HEADER.join(', ')}`)
}
