import { canonicalJson } from '../audit/canonical-json.ts'
import type { Sha256 } from '../audit/chain.ts'
import { FEATURE_VERSION } from './feature-row.ts'

/** How much each part counts; the absolute values sum to 1, a learned weight may be negative. */
export interface Weights {
  readonly rsi: number
  readonly macd: number
  readonly trend: number
}

/** An immutable, numbered document. Changing anything makes another version. */
export interface Model {
  readonly version: string
  readonly weights: Weights
  /** confid = σ(a + kappa · |score|). */
  readonly a: number
  readonly kappa: number
  /** Loudness of the two parts that are measured in quote units. */
  readonly gains: { readonly macd: number; readonly trend: number }
  readonly featureVersion: string
  /** ms UTC; null: not trained, not expiring. */
  readonly trainedAt: number | null
  readonly expiresAt: number | null
  /** Open times (ms) of the first and last labelled candle it was fitted on. */
  readonly labelWindow: { readonly fromTs: number; readonly toTs: number } | null
  /** Version it was derived from. */
  readonly parent: string | null
}

export type DerivedModel = { ok: true; model: Model } | { ok: false; problem: string }

export const ML_FUSION_1_2: Model = Object.freeze({
  version: 'ml-fusion-1.2',
  weights: Object.freeze({ rsi: 1 / 3, macd: 1 / 3, trend: 1 / 3 }),
  a: 0,
  kappa: 3,
  // Makes the parts equally loud on BTCUSDT 1h: mean absolute value 0.19 each.
  gains: Object.freeze({ macd: 1.2, trend: 0.22 }),
  featureVersion: FEATURE_VERSION,
  trainedAt: null,
  expiresAt: null,
  labelWindow: null,
  parent: null,
})

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/
const WEIGHT_SUM_TOLERANCE = 1e-9

// σ(±30) is still apart from 0 and 1 in a double, so confid stays inside (0, 1).
const CONFIDENCE_EXPONENT_MAX = 30

/** Hex digest of the whole document, version included, over its RFC 8785 text. */
export function modelHash(model: Model, sha256: Sha256): string {
  return sha256(canonicalJson(model))
}

/** Why a document cannot be scored with, or null. Expiry is the caller's question: it needs a clock. */
export function modelProblem(model: Model): string | null {
  if (!VERSION.test(model.version)) return 'the version is not a short plain name'
  if (model.featureVersion !== FEATURE_VERSION)
    return `it reads features ${model.featureVersion}, this build has ${FEATURE_VERSION}`
  const { rsi, macd, trend } = model.weights
  const sum = Math.abs(rsi) + Math.abs(macd) + Math.abs(trend)
  if (!(Math.abs(sum - 1) <= WEIGHT_SUM_TOLERANCE)) return `absolute weights sum to ${sum}, not 1`
  if (!(Math.abs(model.a) + Math.abs(model.kappa) <= CONFIDENCE_EXPONENT_MAX)) {
    return `|a| + |kappa| is not within ${CONFIDENCE_EXPONENT_MAX}`
  }
  if (!isPositive(model.gains.macd) || !isPositive(model.gains.trend)) return 'a gain is not a finite number above 0'
  return null
}

/** Also when the time is no number. */
export function isExpired({ expiresAt }: Pick<Model, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt !== null && !(nowMs < expiresAt)
}

/**
 * `parent` with other weights, scaled so that their absolute values sum to 1; equal weights become exactly thirds,
 * however they were rounded. The version names parent and weights: `ml-fusion-1.2+w.1a2b3c4d`. Refuses what has no scale.
 */
export function deriveModel(parent: Model, weights: Weights, sha256: Sha256): DerivedModel {
  if (![weights.rsi, weights.macd, weights.trend].every((weight) => Number.isFinite(weight)))
    return { ok: false, problem: 'a weight is not a finite number' }
  const scaled = normalizeWeights(weights)
  if (scaled === null) return { ok: false, problem: 'all weights are 0' }
  const name = sha256(canonicalJson({ parent: parent.version, weights: scaled })).slice(0, 8)
  const version = `${baseVersion(parent)}+w.${name}`
  return {
    ok: true,
    model: Object.freeze({ ...parent, version, weights: scaled, trainedAt: null, labelWindow: null, parent: parent.version }),
  }
}

/** `0.4,0.4,0.2` (RSI, MACD, Trend) as weights, not yet scaled; null when it is not three plain numbers. */
export function parseWeights(text: string): Weights | null {
  const fields = text.split(',').map((field) => field.trim())
  if (fields.length !== 3 || !fields.every((field) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(field))) return null
  const [rsi, macd, trend] = fields.map(Number)
  return rsi === undefined || macd === undefined || trend === undefined ? null : { rsi, macd, trend }
}

/** `ml-fusion-1.2` of `ml-fusion-1.2+w.1a2b3c4d`: the formula, without what was changed of its numbers. */
export function baseVersion(model: Pick<Model, 'version'>): string {
  return model.version.split('+', 1)[0] ?? model.version
}

/** Finite weights scaled so that their absolute values sum to 1; null when all are 0. */
export function normalizeWeights(weights: Weights): Weights | null {
  const largest = Math.max(Math.abs(weights.rsi), Math.abs(weights.macd), Math.abs(weights.trend))
  if (!(largest > 0)) return null
  // Dividing by the largest first makes equal weights exactly 1 before they are summed, and cannot overflow.
  const rsi = weights.rsi / largest
  const macd = weights.macd / largest
  const trend = weights.trend / largest
  const sum = Math.abs(rsi) + Math.abs(macd) + Math.abs(trend)
  // "+ 0" turns -0, which JSON cannot hold, into 0.
  return Object.freeze({ rsi: rsi / sum + 0, macd: macd / sum + 0, trend: trend / sum + 0 })
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0
}
