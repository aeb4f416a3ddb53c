import type { FeatureRow } from '@spark/core/signal/feature-row'

/** A row of now that can be scored. */
export function goodFeature(nowMs: number, change: Partial<Record<keyof FeatureRow, unknown>> = {}): Record<string, unknown> {
  const ts = Math.floor(nowMs / 3_600_000) * 3_600_000
  return {
    ts,
    symbol: 'BTCUSDT',
    tf: '1h',
    o: 100,
    h: 110,
    l: 95,
    c: 108,
    v: 12,
    rsi_14: 71,
    macd_hist: 0.9,
    ema_20: 104,
    ema_50: 99,
    atr_14: 4,
    ...change,
  }
}
