import type { Timeframe } from './timeframe.ts'

/** One candle. `ts` is its open time in ms UTC; prices in quote units, `v` in base units. */
export interface Candle {
  ts: number
  o: number
  h: number
  l: number
  c: number
  v: number
}

/** What a candle belongs to. */
export interface Stream {
  symbol: string
  tf: Timeframe
}

/** `BTCUSDT 1h` as `BTCUSDT-1h`: the name of a stream in logs, metrics and file names. */
export function streamName(stream: Stream): string {
  return `${stream.symbol}-${stream.tf}`
}

/** Beyond these no market is: sums and products of such numbers overflow. */
export const PRICE_MAX = 1e15
export const VOLUME_MAX = 1e24
/** 2100. No candle opens there: a time beyond it was written in another unit. */
export const CANDLE_TIME_END_MS = 4_102_444_800_000

export interface CandleFault {
  code: 'bad_time' | 'bad_number' | 'bad_price' | 'bad_volume'
  /** The value and what is wrong with it. */
  detail: string
}

/** Why a candle cannot be right, or null. Valid: every number finite, l > 0, l <= min(o, c), h >= max(o, c), v >= 0, none too large. */
export function candleFault(candle: Candle): CandleFault | null {
  const { ts, o, h, l, c, v } = candle
  const fault = (code: CandleFault['code'], detail: string): CandleFault => ({ code, detail })
  if (!Number.isSafeInteger(ts) || ts < 0) return fault('bad_time', `open time ${ts} is not a time in milliseconds`)
  if (!Number.isFinite(o) || !Number.isFinite(h) || !Number.isFinite(l) || !Number.isFinite(c))
    return fault('bad_number', 'a price is not a finite number')
  if (!Number.isFinite(v)) return fault('bad_number', 'the volume is not a finite number')
  if (l <= 0) return fault('bad_price', `low ${l} is not above 0`)
  if (l > Math.min(o, c)) return fault('bad_price', `low ${l} is above open ${o} or close ${c}`)
  if (h < Math.max(o, c)) return fault('bad_price', `high ${h} is below open ${o} or close ${c}`)
  if (h > PRICE_MAX) return fault('bad_price', `high ${h} is above ${PRICE_MAX}`)
  if (v < 0) return fault('bad_volume', `volume ${v} is negative`)
  return v > VOLUME_MAX ? fault('bad_volume', `volume ${v} is above ${VOLUME_MAX}`) : null
}
