import type { Candle, Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { createRandom, randomNormal } from '@spark/core/stats/random'

/** Candles of a market that goes on as it goes for 60 candles at a time. For tests. */
export function trendingCandles({ tf }: Pick<Stream, 'tf'>, count: number): Candle[] {
  const random = createRandom(7)
  let [close, drift] = [100, 0.002]
  return Array.from({ length: count }, (_, index) => {
    if (index % 60 === 0) drift = randomNormal(random) > 0 ? 0.002 : -0.002
    const o = close
    close = o * Math.exp(drift + 0.002 * randomNormal(random))
    const ts = Date.UTC(2026, 0, 1) + index * timeframeMs(tf)
    return { ts, o, h: Math.max(o, close) * 1.0005, l: Math.min(o, close) * 0.9995, c: close, v: 1 }
  })
}
