import { isTimeframe, type Timeframe } from '../market/timeframe.ts'
import { SYMBOL_PATTERN, type FeatureRow } from './feature-row.ts'

export interface FeatureProblem {
  code: 'invalid_feature' | 'features_missing'
  /** One sentence for a person; never holds text that the sender chose. */
  detail: string
}

/** What of a row could be recognised, so that a refusal still says what it was about. */
export interface FeatureEcho {
  symbol: string | null
  tf: Timeframe | null
  ts: number | null
}

export type ParsedFeature =
  | { ok: true; row: FeatureRow; echo: FeatureEcho }
  | { ok: false; problems: FeatureProblem[]; echo: FeatureEcho }

type Field = keyof FeatureRow
type Fields = Record<Field, unknown>

const SYMBOL = new RegExp(SYMBOL_PATTERN)
const UNREADABLE = Symbol('unreadable')

/** Collects what is wrong; a field that cannot be used is NaN from then on. */
interface Reading {
  fields: Fields
  invalid: string[]
  missing: string[]
}

/**
 * Reads a feature row from anything at all and never throws. Every problem is named, invalid_feature before
 * features_missing. Extra keys are ignored, inherited ones do not count, -0 becomes 0, an absent atr_14 null.
 */
export function parseFeature(input: unknown): ParsedFeature {
  const fields = readFields(input)
  const echo = echoOf(fields)
  if (fields === null) return { ok: false, problems: [{ code: 'invalid_feature', detail: 'the feature is not an object' }], echo }
  const reading: Reading = { fields, invalid: [], missing: [] }
  const { symbol, tf, ts } = echo
  if (ts === null) reading.invalid.push(`ts ${describe(fields.ts)}, not a time in whole milliseconds`)
  if (symbol === null) reading.invalid.push(`symbol ${describe(fields.symbol)}, not 1 to 32 plain characters`)
  if (tf === null) reading.invalid.push(`tf ${describe(fields.tf)}, not a known timeframe`)
  const prices = readPrices(reading)
  const indicators = {
    rsi_14: readIndicator(reading, 'rsi_14'),
    macd_hist: readIndicator(reading, 'macd_hist'),
    ema_20: readIndicator(reading, 'ema_20'),
    ema_50: readIndicator(reading, 'ema_50'),
    atr_14: isAbsent(fields.atr_14) ? null : readNumber(reading, 'atr_14'),
  }
  if (indicators.rsi_14 < 0 || indicators.rsi_14 > 100) reading.invalid.push(`rsi_14 is ${indicators.rsi_14}, not in 0..100`)
  if (indicators.atr_14 !== null && indicators.atr_14 < 0) reading.invalid.push(`atr_14 is ${indicators.atr_14}, below 0`)
  if (symbol !== null && tf !== null && ts !== null && reading.invalid.length === 0 && reading.missing.length === 0) {
    return { ok: true, row: { ts, symbol, tf, ...prices, ...indicators }, echo }
  }
  const problems: FeatureProblem[] = [
    ...reading.invalid.map((detail) => ({ code: 'invalid_feature' as const, detail })),
    ...reading.missing.map((detail) => ({ code: 'features_missing' as const, detail })),
  ]
  return { ok: false, problems, echo }
}

// Each field is read once: a getter may answer differently the second time, or throw.
function readFields(input: unknown): Fields | null {
  try {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return null
  } catch {
    return null // a revoked proxy
  }
  return {
    ts: readField(input, 'ts'),
    symbol: readField(input, 'symbol'),
    tf: readField(input, 'tf'),
    o: readField(input, 'o'),
    h: readField(input, 'h'),
    l: readField(input, 'l'),
    c: readField(input, 'c'),
    v: readField(input, 'v'),
    rsi_14: readField(input, 'rsi_14'),
    macd_hist: readField(input, 'macd_hist'),
    ema_20: readField(input, 'ema_20'),
    ema_50: readField(input, 'ema_50'),
    atr_14: readField(input, 'atr_14'),
  }
}

function readField(input: object, field: Field): unknown {
  try {
    return Object.hasOwn(input, field) ? Reflect.get(input, field) : undefined
  } catch {
    return UNREADABLE
  }
}

function echoOf(fields: Fields | null): FeatureEcho {
  const symbol = fields?.symbol
  const tf = fields?.tf
  const ts = fields?.ts
  return {
    symbol: typeof symbol === 'string' && SYMBOL.test(symbol) ? symbol : null,
    tf: isTimeframe(tf) ? tf : null,
    ts: typeof ts === 'number' && Number.isSafeInteger(ts) && ts >= 0 ? ts + 0 : null,
  }
}

function readPrices(reading: Reading): Record<'o' | 'h' | 'l' | 'c' | 'v', number> {
  const o = readNumber(reading, 'o')
  const h = readNumber(reading, 'h')
  const l = readNumber(reading, 'l')
  const c = readNumber(reading, 'c')
  const v = readNumber(reading, 'v')
  // Comparisons with NaN are false: a price that is no number was already named, and is not compared.
  if (l <= 0) reading.invalid.push(`l is ${l}, not above 0`)
  if (l > o || l > c) reading.invalid.push(`l is ${l}, above o ${o} or c ${c}`)
  if (h < o || h < c) reading.invalid.push(`h is ${h}, below o ${o} or c ${c}`)
  if (h < l) reading.invalid.push(`h is ${h}, below l ${l}`)
  if (v < 0) reading.invalid.push(`v is ${v}, below 0`)
  return { o, h, l, c, v }
}

function readIndicator(reading: Reading, field: Field): number {
  if (!isAbsent(reading.fields[field])) return readNumber(reading, field)
  reading.missing.push(`${field} ${describe(reading.fields[field])}`)
  return Number.NaN
}

function readNumber(reading: Reading, field: Field): number {
  const value = reading.fields[field]
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0
  reading.invalid.push(`${field} ${describe(value)}, not a finite number`)
  return Number.NaN
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function describe(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === null) return 'is null'
  if (value === UNREADABLE) return 'cannot be read'
  return typeof value === 'number' ? `is ${value}` : `is of type ${typeof value}`
}
