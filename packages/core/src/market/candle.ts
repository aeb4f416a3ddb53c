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

/** Why a candle cannot be right, or null. Valid: every number finite, l > 0, l <= min(o, c), h >= max(o, c), v >= 0. */
export function candleProblem(candle: Candle): string | null {
  const { ts, o, h, l, c, v } = candle
  if (!Number.isSafeInteger(ts) || ts < 0) return `open time ${ts} is not a time in milliseconds`
  if (!Number.isFinite(o) || !Number.isFinite(h) || !Number.isFinite(l) || !Number.isFinite(c))
    return 'a price is not a finite number'
  if (!Number.isFinite(v)) return 'the volume is not a finite number'
  if (l <= 0) return `low ${l} is not above 0`
  if (l > Math.min(o, c)) return `low ${l} is above open ${o} or close ${c}`
  if (h < Math.max(o, c)) return `high ${h} is below open ${o} or close ${c}`
  if (v < 0) return `volume ${v} is negative`
  return null
}
