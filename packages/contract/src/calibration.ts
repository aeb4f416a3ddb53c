import { Type, type Static, type TSchema } from 'typebox'
import { DRIFT_FEATURES } from '@spark/core/calibration/feature-drift'
import { TIMEFRAMES } from '@spark/core/market/timeframe'

const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Share = Type.Number({ description: '0 to 1' })
export const ModelVersion = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9][A-Za-z0-9._+-]*$' })
const Model = Type.String({ description: 'model version, or baseline' })

export const CalibrationQuery = Type.Object(
  {
    model: Type.Optional(
      Type.Union([ModelVersion], { description: 'a model version; default: that of the rollout, else the champion' }),
    ),
  },
  { additionalProperties: false },
)
export const ReliabilityQuery = Type.Object(
  {
    ...CalibrationQuery.properties,
    labels: Type.Optional(
      Type.Union([Type.Literal('counted'), Type.Literal('all')], {
        description:
          'counted (default): those that do not overlap in time, one a base asset; all: every one, which makes intervals too narrow',
      }),
    ),
  },
  { additionalProperties: false },
)

export const Estimate = Type.Object({
  mean: Type.Number(),
  low: Type.Number({ description: 'end of the confidence sequence: holds at every look' }),
  high: Type.Number(),
})

export const Verdict = Type.Enum(['unproven', 'proven', 'loses_after_costs', 'worse_than_baseline'])
export const NetReturn = nullable(
  Type.Object(Estimate.properties, { description: 'after costs, in units of stop and cost: -1 is a stop' }),
)
export const HitRate = nullable(
  Type.Object({ ...Estimate.properties, breakEven: Type.Number({ description: 'at which nothing would be earned' }) }),
)

export const CalibrationVerdict = Type.Object({
  model: Model,
  verdict: Verdict,
  labels: Type.Integer({ description: 'that do not overlap in time' }),
  leftOut: Type.Integer({
    description: 'labels, overlapping ones as well, that count in no test because their time is marked so',
  }),
  rounds: Type.Integer({ description: 'groups of labels that were decided together; tests count each once' }),
  provenLabelsMin: Type.Integer({ description: 'a model is not called proven on fewer labels' }),
  netReturn: NetReturn,
  difference: nullable(
    Type.Object(Estimate.properties, { description: 'model less baseline on the same candles, in the same units' }),
  ),
  hitRate: HitRate,
  labelsPerDay: nullable(Type.Number()),
  labelsToConclude: nullable(
    Type.Integer({
      description: 'about so many labels a conclusion takes if they go on as they do; null: there is nothing to be seen yet',
    }),
  ),
  concludesAt: nullable(Ms),
})
export type CalibrationVerdict = Static<typeof CalibrationVerdict>

export const CalibrationReliability = Type.Object({
  model: Model,
  labels: Type.Integer(),
  means: nullable(
    Type.Object({
      hitRate: Share,
      confid: Share,
      breakEven: Type.Number({ description: 'hit rate at which nothing would be earned' }),
      netReturn: Type.Number({ description: 'after costs, share of the entry price' }),
      brier: Type.Number(),
      logLoss: Type.Number(),
      candlesHeld: Type.Number(),
    }),
  ),
  ambiguous: Type.Integer({ description: 'labels whose candle touched both barriers: they count as stops' }),
  points: Type.Array(
    Type.Object({
      bucket: Type.Number({ description: 'lower end, of ten' }),
      labels: Type.Integer(),
      meanConfid: Share,
      hitRate: Share,
      low: Type.Number({ description: 'Wilson, 95 %: for charts; nothing may be decided by it' }),
      high: Type.Number(),
      fitted: Type.Number({ description: 'isotonic fit' }),
    }),
  ),
  brierParts: nullable(
    Type.Object(
      {
        brier: Type.Number(),
        reliability: Type.Number(),
        resolution: Type.Number(),
        uncertainty: Type.Number(),
        withinBuckets: Type.Number(),
      },
      { description: 'brier = reliability - resolution + uncertainty + withinBuckets' },
    ),
  ),
  calibrationError: nullable(Type.Number({ description: 'mean distance of confidence and hit rate' })),
  calibrated: nullable(
    Type.Object(
      {
        mean: Type.Number(),
        percentile95: Type.Number(),
        pValue: Type.Number({ description: 'share of calibrated models that show at least this error' }),
      },
      { description: 'the calibration error of a perfectly calibrated model with as many labels' },
    ),
  ),
  streams: Type.Array(
    Type.Object({
      symbol: Type.String(),
      tf: Type.Enum(TIMEFRAMES),
      labels: Type.Integer(),
      hitRate: Share,
      breakEven: Type.Number(),
      netReturn: Type.Number(),
    }),
  ),
})
export type CalibrationReliability = Static<typeof CalibrationReliability>

const byPart = <T extends TSchema>(schema: T) => Type.Object({ rsi: schema, macd: schema, trend: schema })
const Correlation = nullable(Type.Number({ description: '-1 to 1; null where one of the two never changed' }))

export const CalibrationParts = Type.Object({
  model: Model,
  labels: Type.Integer({ description: 'newest labels that were looked at' }),
  shares: nullable(Type.Object(byPart(Share).properties, { description: 'of |weight · part|; a third each when balanced' })),
  dominant: nullable(Type.String({ description: 'the part that says more than 60 %' })),
  correlations: byPart(byPart(Correlation)),
  withOutcome: Type.Object(byPart(Correlation).properties, { description: 'with the move of the price until the label ended' }),
})
export type CalibrationParts = Static<typeof CalibrationParts>

export const CalibrationMarkers = Type.Object({
  markers: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'of calibration_markers.csv' }),
      from: Ms,
      to: nullable(Type.Integer({ description: 'ms; null: a moment' })),
      kind: Type.String({ description: 'leave_out, or any other word for a time to look at' }),
      fact: Type.String({ description: 'key=value' }),
      leaveOut: Type.Boolean({ description: 'labels whose time until the expiry touches it count in no test and no update' }),
    }),
    { description: 'newest first, at most 1,000' },
  ),
  problems: Type.Array(Type.String(), { description: 'lines that cannot be read; the others stand' }),
})
export type CalibrationMarkers = Static<typeof CalibrationMarkers>

export const CalibrationDrift = Type.Object({
  model: Model,
  reference: nullable(
    Type.Object(
      {
        origin: Type.Enum(['training', 'first_weeks'], {
          description: 'the training window of the model; of one that was not trained its first weeks of labels',
        }),
        from: Ms,
        to: Ms,
        values: Type.Integer(),
      },
      { description: 'what is compared with; null: there are not enough labels yet' },
    ),
  ),
  from: nullable(Ms),
  to: nullable(Type.Integer({ description: 'ms; end of the seven days that were looked at; null: not yet' })),
  features: Type.Array(
    Type.Object({
      feature: Type.Enum(DRIFT_FEATURES),
      values: Type.Integer({ description: 'labels of the seven days' }),
      index: Type.Number({ description: 'population stability index' }),
      threshold: Type.Number({ description: 'at least 0.1; 99 of 100 samples like these stay below it when nothing changes' }),
      drifted: Type.Boolean({ description: 'it warns; nothing is decided by it' }),
    }),
  ),
})
export type CalibrationDrift = Static<typeof CalibrationDrift>

export const CalibrationHistory = Type.Object({
  model: Model,
  items: Type.Array(
    Type.Object({
      at: Type.Integer({ description: 'ms; end of the last labels in it, by the market' }),
      verdict: Verdict,
      labels: Type.Integer(),
      netReturn: nullable(Estimate),
    }),
    { description: 'the last of each day and each change, oldest first; at most the newest 400' },
  ),
})
export type CalibrationHistory = Static<typeof CalibrationHistory>
