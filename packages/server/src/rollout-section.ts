import { Type } from 'typebox'

/** Every leaf says in its description what is allowed: it ends the sentence "it must be …". */
const closed = { additionalProperties: false } as const
const number = (minimum: number, maximum: number) =>
  Type.Number({ minimum, maximum, description: `a number from ${minimum} to ${maximum}` })
const count = (maximum: number) => Type.Integer({ minimum: 1, maximum, description: `a whole number from 1 to ${maximum}` })
const minutes = () => Type.Number({ minimum: 0, maximum: 100_000, description: 'minutes, from 0 to 100000' })
const yesOrNo = () => Type.Boolean({ description: 'true or false' })

const level = () => Type.Number({ description: 'a number in the unit of the gate' })
const Gate = Type.Object(
  { good: Type.Optional(level()), critical: Type.Optional(level()), holdMin: Type.Optional(minutes()) },
  closed,
)

const Step = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'a text of 1 to 40 characters' })),
    share: number(0, 1),
    dwellMin: minutes(),
    approval: Type.Optional(yesOrNo()),
    proven: Type.Optional(yesOrNo()),
  },
  closed,
)

/** The rollout's plan; what is left out has its default (core/rollout/plan.ts). A plan that is under way does not change. */
export const RolloutSection = Type.Object(
  {
    steps: Type.Optional(Type.Array(Step, { minItems: 2, maxItems: 20, description: 'a list of 2 to 20 steps' })),
    gates: Type.Optional(
      Type.Object(
        {
          p95: Type.Optional(Gate),
          staleness: Type.Optional(Gate),
          error_rate: Type.Optional(Gate),
          score_rate: Type.Optional(Gate),
          confid_median: Type.Optional(Gate),
          dead_letters: Type.Optional(Gate),
        },
        closed,
      ),
    ),
    coolDownMin: Type.Optional(minutes()),
    approvalMin: Type.Optional(minutes()),
    blindMin: Type.Optional(minutes()),
    clearMin: Type.Optional(minutes()),
    breachesMax: Type.Optional(count(1000)),
    minSamples: Type.Optional(count(100_000)),
    fastEvents: Type.Optional(count(100_000)),
    floorStep: Type.Optional(number(0, 0.5)),
    floorMax: Type.Optional(number(0, 1)),
    pollFactor: Type.Optional(number(1, 10)),
    onRollback: Type.Optional(
      Type.Union([Type.Literal('handover'), Type.Literal('flatten')], { description: 'handover or flatten' }),
    ),
  },
  closed,
)

/** Who is told again when nobody acknowledges an alert; what is left out has its default (notify/alert-rules.ts). */
export const AlertSection = Type.Object(
  {
    escalateAfterMin: Type.Optional(number(0.1, 1440)),
    repeatMin: Type.Optional(number(1, 10_080)),
    escalateTo: Type.Optional(
      Type.Array(
        Type.Union([Type.Literal('slack'), Type.Literal('telegram'), Type.Literal('webhook')], {
          description: 'slack, telegram or webhook',
        }),
        { uniqueItems: true, description: 'a list of channels, each once' },
      ),
    ),
  },
  closed,
)
