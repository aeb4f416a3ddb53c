/** Candle lengths Spark knows. All candles open on a multiple of their length since the Unix epoch (UTC). */
export const TIMEFRAMES = ['1m', '5m', '15m', '30m', '1h', '4h', '1d'] as const
export type Timeframe = (typeof TIMEFRAMES)[number]

const LENGTH_MS: Record<Timeframe, number> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
}

export function isTimeframe(value: unknown): value is Timeframe {
  return typeof value === 'string' && Object.hasOwn(LENGTH_MS, value)
}

/** Length of one candle in milliseconds. */
export function timeframeMs(timeframe: Timeframe): number {
  return LENGTH_MS[timeframe]
}

/** Open time (ms) of the candle that holds the instant `timeMs`. */
export function candleOpenMs(timeMs: number, timeframe: Timeframe): number {
  const length = LENGTH_MS[timeframe]
  return Math.floor(timeMs / length) * length
}

/** The timeframe whose length is `lengthMs`, or null when Spark knows none. */
export function timeframeOfLength(lengthMs: number): Timeframe | null {
  return TIMEFRAMES.find((timeframe) => LENGTH_MS[timeframe] === lengthMs) ?? null
}
