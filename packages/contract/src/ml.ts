export type { GuardrailReason } from '@spark/core/signal/guardrails'
import { Type, type Static } from 'typebox'

/**
 * The feature row is judged by the scoring core, not by the schema: a null or NaN price is answered closed with
 * its reason and an audit row, never with 400. So anything that is an object passes here.
 */
const Feature = Type.Object(
  {},
  {
    additionalProperties: true,
    description:
      'feature row v2.0: ts (ms, candle open), symbol, tf (1m 5m 15m 30m 1h 4h 1d), o h l c v, rsi_14 (0..100), macd_hist, ema_20, ema_50, atr_14 (quote units; may be absent)',
  },
)

const Id = Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:+/-]+$' })

export const ScoreRequest = Type.Object(
  {
    feature: Feature,
    strategyId: Type.Optional(Id),
    modelId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'a model version or alias; default champion' }),
    ),
  },
  { additionalProperties: false },
)
export type ScoreRequest = Static<typeof ScoreRequest>

export const BATCH_MAX = 1000

export const ScoreBatchRequest = Type.Object(
  {
    features: Type.Array(Feature, { minItems: 1, maxItems: BATCH_MAX }),
    strategyId: Type.Optional(Id),
    modelId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  },
  { additionalProperties: false },
)
export type ScoreBatchRequest = Static<typeof ScoreBatchRequest>

export const SignalParts = Type.Object(
  { rsi: Type.Number(), macd: Type.Number(), trend: Type.Number() },
  { description: 'each in [-1, 1]' },
)
const NullableString = Type.Union([Type.String(), Type.Null()])

export const ScoreAnswer = Type.Object({
  decision: Type.Union([Type.Literal(-1), Type.Literal(0), Type.Literal(1)]),
  score: Type.Number({ description: 'in [-1, 1]' }),
  confid: Type.Number({ description: "the model's probability that the direction is right; 0 when nothing could be scored" }),
  ml_bucket: Type.Number({ description: 'floor(10 confid) / 10, at most 0.9' }),
  parts: SignalParts,
  guardrails: Type.Object({ pass: Type.Boolean(), reasons: Type.Array(Type.String()) }),
  advisory: Type.Boolean({ description: 'true whenever the decision must not drive an order' }),
  arm: Type.Union([Type.Literal('ml'), Type.Literal('baseline')]),
  mode: Type.Union([Type.Literal('off'), Type.Literal('preview'), Type.Literal('live')]),
  symbol: NullableString,
  tf: NullableString,
  ts: Type.Union([Type.Integer(), Type.Null()]),
  traceId: Type.String(),
  modelVersion: NullableString,
  featureVersion: Type.String(),
  _err: Type.Optional(Type.String({ description: 'stable code when the row could not be scored' })),
})
export type ScoreAnswer = Static<typeof ScoreAnswer>

export const ScoreBatchAnswer = Type.Object({ answers: Type.Array(ScoreAnswer, { description: 'in the order of features' }) })
export type ScoreBatchAnswer = Static<typeof ScoreBatchAnswer>

export const MlVersion = Type.Object({
  featureVersion: Type.String(),
  modelVersion: Type.String(),
  schemaHash: Type.String(),
  modelHash: Type.String(),
  buildSha: Type.String(),
})
export type MlVersion = Static<typeof MlVersion>
