import { Type, type Static, type TSchema } from 'typebox'
import { Estimate, HitRate, ModelVersion, NetReturn, Verdict } from './calibration.ts'
import { Reason } from './trading.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const closed = { additionalProperties: false } as const
const Weights = Type.Object({ rsi: Type.Number(), macd: Type.Number(), trend: Type.Number() })
const Coefficient = Type.Object({ mean: Type.Number(), deviation: Type.Number({ description: 'standard deviation' }) })

export const ModelParams = Type.Object({ version: ModelVersion }, closed)
export const ModelComparisonQuery = Type.Object({ first: ModelVersion, second: ModelVersion }, closed)

const UpdateEvidence = Type.Object(
  {
    labels: Type.Integer({ description: 'of this update' }),
    labelsInAll: Type.Integer(),
    undecided: Type.Integer({ description: 'of this update: neither direction was right' }),
    fromTs: Ms,
    toTs: Ms,
    keptShare: Type.Number({ description: 'of what was known a week before' }),
    prequential: Type.Object(
      { logLoss: Type.Number(), hits: Type.Integer(), confidMean: Type.Number() },
      { description: 'what the parent said of these candles before it was learned from them' },
    ),
    coefficients: Type.Object(
      {
        intercept: Coefficient,
        rsi: Coefficient,
        macd: Coefficient,
        trend: Coefficient,
        a: Coefficient,
        kappa: Coefficient,
      },
      { description: 'posterior of the logistic regressions' },
    ),
    wantedWeights: nullable(Type.Object(Weights.properties, { description: 'without the cap; null: a person set the weights' })),
    weightChange: Type.Number({ description: 'sum of absolute changes against the parent' }),
    newtonSteps: Type.Object({ weights: Type.Integer(), confidence: Type.Integer() }),
  },
  { description: 'what a weekly update rests on' },
)

export const ModelView = Type.Object({
  version: Type.String(),
  hash: Type.String({ description: 'SHA-256 of the whole document' }),
  state: Type.Enum(['usable', 'expired', 'damaged'], {
    description: 'damaged: the document is not the one that was stored; its numbers are null',
  }),
  aliases: Type.Array(Type.Enum(['champion', 'challenger', 'shadow', 'previous']), {
    description: 'previous: champion before the newest rollout that is done',
  }),
  underRollout: Type.Boolean({ description: 'a rollout that has not ended scores with it' }),
  storedAt: Ms,
  parent: nullable(Type.String()),
  featureVersion: nullable(Type.String()),
  trainedAt: nullable(Type.Integer({ description: 'ms since 1970; null: not trained' })),
  expiresAt: nullable(Type.Integer({ description: 'ms since 1970; null: never' })),
  labelWindow: nullable(Type.Object({ fromTs: Ms, toTs: Ms })),
  weights: nullable(Weights),
  a: nullable(Type.Number({ description: 'confidence is the logistic function of a + kappa times |score|' })),
  kappa: nullable(Type.Number()),
  verdict: Verdict,
  labels: Type.Integer({ description: 'that do not overlap in time' }),
  evidence: nullable(UpdateEvidence),
})
export type ModelView = Static<typeof ModelView>
export const ModelList = Type.Object({ items: Type.Array(ModelView, { description: 'newest first, at most 200' }) })

const Side = Type.Object({
  model: Type.String(),
  netReturn: NetReturn,
  hitRate: HitRate,
})

export const ModelComparison = Type.Object(
  {
    first: Side,
    second: Side,
    labels: Type.Integer({ description: 'that both have, and that do not overlap in time' }),
    rounds: Type.Integer({ description: 'groups of labels that were decided together; tests count each once' }),
    fromTs: nullable(Ms),
    toTs: nullable(Ms),
    full: Type.Boolean({ description: 'all labels that are looked at are there, of both models: no later one changes anything' }),
    difference: nullable(
      Type.Object(Estimate.properties, { description: 'first less second on the same candles, in units of stop and cost' }),
    ),
    better: Type.Union([Type.Literal('first'), Type.Literal('second'), Type.Null()], {
      description: 'who earns more, beyond chance at every look; null: it cannot be told',
    }),
    labelsToTell: nullable(
      Type.Integer({
        description:
          'about so many labels it takes to tell if they go on as they do; null: there is nothing to be seen yet, or full',
      }),
    ),
  },
  {
    description:
      'of the first 5,000 labels of each stream that is judged by, from the first candle on that both have a label of. That start stays as long as the same streams are judged and their labels are kept. It is for reading and decides nothing',
  },
)
export type ModelComparison = Static<typeof ModelComparison>

export const ModelShadow = Type.Object(
  {
    version: nullable(ModelVersion),
    reason: Reason,
  },
  closed,
)
