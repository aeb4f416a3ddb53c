import { Type, type Static, type TSchema } from 'typebox'
import { ModelVersion, Verdict } from './calibration.ts'
import { CRITERION_TIMES } from './rollout.ts'
import { Limit, Reason } from './trading.ts'

const Ms = Type.Integer({ description: 'ms since 1970' })
const SinceMs = Type.Number({ description: 'ms since the rollout began' })
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const FAULTS_MAX = 50

const FaultAsked = Type.Object(
  {
    kind: Type.String({ maxLength: 40, description: 'one of the kinds that GET /api/rehearsals lists' }),
    atMin: Type.Number({ minimum: 0, maximum: 100_000, description: 'minutes since the rollout began' }),
    forMin: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000, description: 'for kinds that last' })),
    strength: Type.Optional(Type.Number({ description: 'in the unit of its kind; default: the usual one' })),
  },
  { additionalProperties: false },
)
export type FaultAsked = Static<typeof FaultAsked>

export const RehearsalAsk = Type.Object(
  {
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'the same seed, plan and faults: the same rehearsal' }),
    ceiling: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'approved share; default 1' })),
    faults: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0, maximum: FAULTS_MAX }), Type.Array(FaultAsked, { maxItems: FAULTS_MAX })], {
        description: 'what goes wrong and when, or how many are drawn from the seed; default: nothing',
      }),
    ),
    model: Type.Optional(
      Type.Union([ModelVersion], { description: 'a version to roll out and to judge by its labels; default: the first model' }),
    ),
    reason: Type.Optional(Reason),
  },
  { additionalProperties: false },
)
export type RehearsalAsk = Static<typeof RehearsalAsk>

export const RehearsalAsked = Type.Object({ id: Type.String() })

export const RehearsalView = Type.Object({
  id: Type.String(),
  askedBy: Type.String(),
  askedAt: Ms,
  reason: nullable(Type.String()),
  seed: Type.Integer(),
  ceiling: Type.Number(),
  faults: Type.Integer({ description: 'how many' }),
  model: nullable(Type.String({ description: 'version that was asked for' })),
  state: Type.Enum(['waiting', 'running', 'done', 'failed', 'cancelled'], {
    description: 'failed: it could not be rehearsed, and said tells why',
  }),
  progress: Type.Number({ description: 'of the longest that it may take, 0 to 1' }),
  endedAt: nullable(Ms),
  ok: nullable(Type.Boolean({ description: 'all held that must, and it ended as it should; null until it is done' })),
  said: nullable(Type.String({ description: 'how it ended' })),
})
export type RehearsalView = Static<typeof RehearsalView>

export const RehearsalQuery = Type.Object({ limit: Type.Optional(Limit) }, { additionalProperties: false })

export const FaultKind = Type.Object({
  kind: Type.String(),
  meaning: Type.String(),
  lasts: Type.Boolean({ description: 'false: it happens at one moment, and takes no forMin' }),
  strength: nullable(Type.Object({ unit: Type.String(), min: Type.Number(), max: Type.Number(), usual: Type.Number() })),
})
export const RehearsalList = Type.Object({
  items: Type.Array(RehearsalView, { description: 'newest first; the newest 20 are kept' }),
  kinds: Type.Array(FaultKind, { description: 'what may go wrong' }),
})

export const RehearsalReport = Type.Object({
  rehearsal: RehearsalView,
  report: nullable(
    Type.Object(
      {
        said: Type.String(),
        problems: Type.Array(Type.String(), { description: 'what must hold in every rehearsal and did not' }),
        criteria: Type.Array(
          Type.Object({
            name: Type.String(),
            met: Type.Boolean(),
            value: nullable(Type.Number()),
            target: Type.String(),
            ...CRITERION_TIMES,
          }),
        ),
        phase: Type.String(),
        lastedMs: SinceMs,
        strategies: Type.Integer(),
        judged: nullable(
          Type.Object(
            { verdict: Verdict, labels: Type.Integer(), rounds: Type.Integer() },
            { description: 'what its labels said of the model; null: nothing was labelled' },
          ),
        ),
        steps: Type.Array(
          Type.Object({
            name: Type.String(),
            fromMs: SinceMs,
            toMs: SinceMs,
            exposed: Type.Integer({ description: 'strategies that acted on ML' }),
            ml: Type.Integer({ description: 'orders that reached the venue' }),
            baseline: Type.Integer(),
          }),
        ),
        timeline: Type.Array(
          Type.Object({
            sinceMs: SinceMs,
            kind: Type.Enum(['fault', 'person', 'process', 'decision', 'waits', 'alert', 'venue']),
            text: Type.String(),
          }),
          { description: 'in its order' },
        ),
        digest: Type.String({ description: 'SHA-256 of the rehearsed audit' }),
      },
      { description: 'as spark rehearse --json writes it, in parts; null until it is done' },
    ),
  ),
})
export type RehearsalReport = Static<typeof RehearsalReport>
