import { Type, type Static } from 'typebox'
import { planProblems } from '@spark/core/rollout/plan'
import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { parseChecked } from './parse-checked.ts'
import { rolloutPlanOf } from './rollout-plan.ts'

/** A plain decimal, as a number or as text. */
const Amount = Type.Union([Type.Number({ minimum: 0 }), Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,12})?$' })])

const StrategyEntry = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
    symbol: Type.String({ pattern: '^[A-Z0-9]{2,20}$' }),
    tf: Type.Enum(TIMEFRAMES),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    capital: Type.Optional(Amount),
    mode: Type.Optional(Type.Union([Type.Literal('paper'), Type.Literal('live')])),
  },
  { additionalProperties: false },
)

/** Limits of the order path; what is left out has its default (core/trading/risk.ts). */
const Risk = Type.Object(
  {
    allowedSymbols: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z0-9]{2,20}$' }), { minItems: 1 })),
    priceCollarPercent: Type.Optional(Amount),
    maxPriceAgeS: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    maxOrderNotional: Type.Optional(Amount),
    maxStrategyNotional: Type.Optional(Amount),
    maxTotalNotional: Type.Optional(Amount),
    maxOrdersPerMinute: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    maxRepeats: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    repeatWindowS: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    maxDailyLoss: Type.Optional(Amount),
    maxDrawdownPercent: Type.Optional(Amount),
  },
  { additionalProperties: false },
)

/** The paper venue; what is left out has its default (venue/paper-venue.ts). */
const Paper = Type.Object(
  {
    startBalance: Type.Optional(Amount),
    feeRate: Type.Optional(Amount),
    halfSpreadBps: Type.Optional(Amount),
    impactBps: Type.Optional(Amount),
    partialFills: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  },
  { additionalProperties: false },
)

const Minutes = Type.Number({ minimum: 0, maximum: 100_000 })
const Gate = Type.Object(
  { good: Type.Optional(Type.Number()), critical: Type.Optional(Type.Number()), holdMin: Type.Optional(Minutes) },
  { additionalProperties: false },
)

/** The rollout's plan; what is left out has its default (core/rollout/plan.ts). A plan that is under way does not change. */
const Rollout = Type.Object(
  {
    steps: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
            share: Type.Number({ minimum: 0, maximum: 1 }),
            dwellMin: Minutes,
            approval: Type.Optional(Type.Boolean()),
            proven: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        { minItems: 2, maxItems: 20 },
      ),
    ),
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
        { additionalProperties: false },
      ),
    ),
    coolDownMin: Type.Optional(Minutes),
    approvalMin: Type.Optional(Minutes),
    blindMin: Type.Optional(Minutes),
    clearMin: Type.Optional(Minutes),
    breachesMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    minSamples: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    fastEvents: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    floorStep: Type.Optional(Type.Number({ minimum: 0, maximum: 0.5 })),
    floorMax: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    pollFactor: Type.Optional(Type.Number({ minimum: 1, maximum: 10 })),
    onRollback: Type.Optional(Type.Union([Type.Literal('handover'), Type.Literal('flatten')])),
  },
  { additionalProperties: false },
)

const SparkFile = Type.Object(
  {
    strategies: Type.Array(StrategyEntry, { minItems: 1, maxItems: 10_000 }),
    risk: Type.Optional(Risk),
    paper: Type.Optional(Paper),
    rollout: Type.Optional(Rollout),
    sim: Type.Optional(
      Type.Object(
        {
          seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff })),
          trendPersistence: Type.Optional(Type.Union([Type.Literal('default'), Type.Literal('none'), Type.Literal('reversed')])),
          outagesPerYear: Type.Optional(Type.Number({ minimum: 0, maximum: 365 })),
        },
        { additionalProperties: false },
      ),
    ),
    replay: Type.Optional(
      Type.Object(
        {
          speed: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
          start: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?Z?)?$' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)
export type SparkFile = Static<typeof SparkFile>

/** Reads config/spark.yaml. Problems name file and line. */
export function parseSparkFile(text: string, fileName: string): { file: SparkFile } | { problems: string[] } {
  const checked = parseChecked(SparkFile, text, fileName)
  if ('problems' in checked) return checked
  const { value, lineOf } = checked
  const seen = new Map<string, number>()
  const problems: string[] = []
  value.strategies.forEach((strategy, index) => {
    const first = seen.get(strategy.id)
    if (first !== undefined)
      problems.push(
        `${fileName}:${lineOf(['strategies', String(index)])}: strategy id ${strategy.id} is used twice (first on line ${first})`,
      )
    else seen.set(strategy.id, lineOf(['strategies', String(index)]))
  })
  for (const problem of planProblems(rolloutPlanOf(value)))
    problems.push(`${fileName}:${lineOf(['rollout'])}: rollout.${problem}`)
  return problems.length > 0 ? { problems } : { file: value }
}
