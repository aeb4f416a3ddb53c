import { Type, type Static } from 'typebox'

const NullableNumber = Type.Union([Type.Number(), Type.Null()])

const figures = {
  p95_ms: NullableNumber,
  staleness_s: NullableNumber,
  error_rate: NullableNumber,
  ml_score_per_min: NullableNumber,
  confid_median: NullableNumber,
  dlq_size: NullableNumber,
}

/** What the gates read: the trailing five minutes of sealed slices. null where there is no data. */
export const Metrics = Type.Object({
  ...figures,
  error_rate_unit: Type.Literal('percent'),
  window_s: Type.Integer({ description: 'what the figures judge: 300' }),
  sealed_at: Type.Union([Type.Integer(), Type.Null()], { description: 'ms; end of the newest slice in these figures' }),
  polls: Type.Integer({ description: 'scheduled polls in the window' }),
})
export type Metrics = Static<typeof Metrics>

export const WINDOWS = ['15m', '1h', '4h', '24h', '7d', '30d', '90d'] as const
export type Window = (typeof WINDOWS)[number]

export const TimeseriesQuery = Type.Object(
  { window: Type.Optional(Type.Enum(WINDOWS, { description: 'default 1h' })) },
  { additionalProperties: false },
)

export const Timeseries = Type.Object({
  window: Type.String(),
  step_s: Type.Integer(),
  data: Type.Array(Type.Object({ ts: Type.Integer({ description: 'ms; end of the step' }), ...figures }), {
    maxItems: 1000,
    description: 'oldest first; the last is now and equals get_metrics',
  }),
})
export type Timeseries = Static<typeof Timeseries>
