import { canonicalJson } from '../audit/canonical-json.ts'
import type { Sha256 } from '../audit/chain.ts'
import type { Candle, Stream } from '../market/candle.ts'
import type { IndicatorValues } from '../indicators/indicator-set.ts'
import { TIMEFRAMES, timeframeMs, type Timeframe } from '../market/timeframe.ts'

export const FEATURE_VERSION = 'v2.0'

/** What a model reads: a candle, where it belongs, and its indicators (prices, MACD and ATR in quote units). */
export interface FeatureRow extends Candle, IndicatorValues {
  symbol: string
  tf: Timeframe
}

/** Pattern of `symbol`: 1 to 32 characters. */
export const SYMBOL_PATTERN = '^[A-Za-z0-9._/:-]{1,32}$'

/** A row may open this far ahead of our clock before it cannot be right: exchanges' and ours differ by a little. */
export const FUTURE_TOLERANCE_MS = 10_000

const number = { type: 'number' } as const

/** The rules of a row in words a schema can hold; two processes with the same `schemaHash` judge rows alike. */
export const FEATURE_SCHEMA = {
  version: FEATURE_VERSION,
  type: 'object',
  properties: {
    ts: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, unit: 'ms since 1970, candle open' },
    symbol: { type: 'string', pattern: SYMBOL_PATTERN },
    tf: { type: 'string', enum: TIMEFRAMES },
    o: number,
    h: number,
    l: { type: 'number', exclusiveMinimum: 0 },
    c: number,
    v: { type: 'number', minimum: 0 },
    rsi_14: { type: 'number', minimum: 0, maximum: 100 },
    macd_hist: number,
    ema_20: number,
    ema_50: number,
    atr_14: { type: ['number', 'null'], minimum: 0 },
  },
  required: ['ts', 'symbol', 'tf', 'o', 'h', 'l', 'c', 'v', 'rsi_14', 'macd_hist', 'ema_20', 'ema_50'],
  rules: ['every number is finite', 'l <= min(o, c)', 'h >= max(o, c)'],
} as const

/** Hex digest of the canonical schema; the api and the executor must agree on it. */
export function schemaHash(sha256: Sha256): string {
  return sha256(canonicalJson(FEATURE_SCHEMA))
}

/** The row of a closed or forming candle with its indicators. */
export function featureRow(stream: Stream, candle: Candle, values: IndicatorValues): FeatureRow {
  const { ts, o, h, l, c, v } = candle
  const { rsi_14, macd_hist, ema_20, ema_50, atr_14 } = values
  return { ts, symbol: stream.symbol, tf: stream.tf, o, h, l, c, v, rsi_14, macd_hist, ema_20, ema_50, atr_14 }
}

/** True when the row's candle closed more than one timeframe ago, and when `nowMs` is not a time. */
export function isStale(row: Pick<FeatureRow, 'ts' | 'tf'>, nowMs: number): boolean {
  return !(nowMs <= row.ts + 2 * timeframeMs(row.tf))
}

/** Why a row's time cannot be right at `nowMs`, or null: it opens more than FUTURE_TOLERANCE_MS ahead. */
export function timeProblem(row: Pick<FeatureRow, 'ts'>, nowMs: number): string | null {
  return row.ts > nowMs + FUTURE_TOLERANCE_MS ? `ts ${row.ts} is ${row.ts - nowMs} ms in the future` : null
}
