import type { FeatureRow } from '@spark/core/signal/feature-row'
import { createRandom, randomNormal, randomUniform } from '@spark/core/stats/random'

const HOUR_MS = 3_600_000

/** Rows of the candle that forms at `nowMs`, all to be scored: prices with cents, indicators with all their digits, as in life. */
export function featureRows(count: number, nowMs: number): FeatureRow[] {
  const random = createRandom(1)
  const cents = (price: number) => Math.round(price * 100) / 100
  return Array.from({ length: count }, () => {
    const o = cents(60_000 + 2000 * randomNormal(random))
    const c = cents(o + 300 * randomNormal(random))
    return {
      ts: Math.floor(nowMs / HOUR_MS) * HOUR_MS,
      symbol: 'BTCUSDT',
      tf: '1h',
      o,
      h: cents(Math.max(o, c) + 100 * randomUniform(random)),
      l: cents(Math.min(o, c) - 100 * randomUniform(random)),
      c,
      v: Math.round(2e8 * randomUniform(random)) / 1e5,
      rsi_14: 100 * randomUniform(random),
      macd_hist: 80 * randomNormal(random),
      ema_20: c + 200 * randomNormal(random),
      ema_50: c + 400 * randomNormal(random),
      atr_14: 250 + 100 * randomUniform(random),
    }
  })
}
