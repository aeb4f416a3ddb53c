import type { FeatureRow } from './feature-row.ts'
import type { Model } from './model.ts'

/** Each in [-1, 1]; the sign says up or down. */
export interface SignalParts {
  rsi: number
  macd: number
  trend: number
}

export interface FusedScore {
  parts: SignalParts
  /** In [-1, 1], never -0. */
  score: number
  /** In (0, 1): the model's probability that the sign of the score is right. */
  confid: number
}

/** What of a feature row is fused. */
export type FusedFeatures = Pick<FeatureRow, 'h' | 'l' | 'c' | 'rsi_14' | 'macd_hist' | 'ema_20' | 'ema_50' | 'atr_14'>

/** Smallest scale, as a share of the close, when neither ATR nor the candle has one. */
const SCALE_SHARE_MIN = 0.0001

/**
 * Parts, score and confid of a valid row under a valid model (spec: signal.md, Fusion). Pure: the order of operations is
 * fixed, so the same input gives the same bits; the golden file holds it to that.
 */
export function fuse(model: Model, row: FusedFeatures): FusedScore {
  const { gains } = model
  const scale = priceScale(row)
  // "+ 0" turns -0 into 0: JSON has no -0, and what is audited must be what was computed.
  const rsi = (row.rsi_14 - 50) / 50 + 0
  const macd = Math.tanh(gains.macd * (row.macd_hist / scale)) + 0
  const trend = Math.tanh(gains.trend * ((row.ema_20 - row.ema_50) / scale)) + 0
  return fuseParts(model, { rsi, macd, trend })
}

/** Score and confid of parts that are known already, as they stand in the audit. */
export function fuseParts(model: Pick<Model, 'weights' | 'a' | 'kappa'>, parts: SignalParts): FusedScore {
  const { weights } = model
  const sum = weights.rsi * parts.rsi + weights.macd * parts.macd + weights.trend * parts.trend
  // Weights that sum to 1 only within rounding could reach past the ends.
  const score = Math.min(1, Math.max(-1, sum)) + 0
  const confid = 1 / (1 + Math.exp(-(model.a + model.kappa * Math.abs(score))))
  return { parts, score, confid }
}

// An ATR of 0 is no scale either. The last line is for closes so small that their share rounds to 0.
function priceScale(row: FusedFeatures): number {
  if (row.atr_14 !== null && row.atr_14 > 0) return row.atr_14
  return Math.max(row.h - row.l, SCALE_SHARE_MIN * row.c, Number.MIN_VALUE)
}
