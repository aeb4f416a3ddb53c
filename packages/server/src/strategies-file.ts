import { Type, type Static } from 'typebox'
import { parseTime } from '@spark/contract/time'
import { TIMEFRAMES } from '@spark/core/market/timeframe'
import { planProblems } from '@spark/core/rollout/plan'
import type { DocumentProblem } from './describe-problems.ts'
import { parseChecked } from './parse-checked.ts'
import { rolloutPlanOf } from './rollout-plan.ts'
import { AlertSection, RolloutSection } from './rollout-section.ts'

/** Every leaf says in its description what is allowed: it ends the sentence "it must be …". */
const closed = { additionalProperties: false } as const
const AMOUNT_MAX = 1e15

/** A plain decimal, as a number or as text. */
const amount = (what: string, least = 0) =>
  Type.Union(
    [
      Type.Number({ minimum: least, maximum: AMOUNT_MAX }),
      Type.String({ pattern: least === 0 ? '^\\d{1,15}(\\.\\d{1,12})?$' : '^(?=.*[1-9])\\d{1,15}(\\.\\d{1,12})?$' }),
    ],
    { description: `${what}, a plain decimal ${least === 0 ? 'of at least 0' : 'above 0'}` },
  )
const quoteUnits = () => Type.Optional(amount('an amount in quote units'))
const percent = () => Type.Optional(amount('a percentage'))
const integer = (unit: string, minimum: number, maximum: number) =>
  Type.Integer({ minimum, maximum, description: `a whole number of ${unit} from ${minimum} to ${maximum}` })
const symbol = () => Type.String({ pattern: '^[A-Z0-9]{2,20}$', description: 'a symbol like BTCUSDT' })

const StrategyEntry = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      description: 'an id like btcusdt-1h-01: small letters, digits and dashes, at most 63',
    }),
    symbol: symbol(),
    tf: Type.Enum(TIMEFRAMES, { description: `one of ${TIMEFRAMES.join(', ')}` }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'a text of 1 to 100 characters' })),
    capital: Type.Optional(amount('an amount in quote units', 1e-12)),
    mode: Type.Optional(Type.Union([Type.Literal('paper'), Type.Literal('live')], { description: 'paper or live' })),
  },
  closed,
)

/** Limits of the order path; what is left out has its default (core/trading/risk.ts). */
export const RiskSection = Type.Object(
  {
    allowedSymbols: Type.Optional(Type.Array(symbol(), { minItems: 1, description: 'a list of at least one symbol' })),
    priceCollarPercent: percent(),
    maxPriceAgeS: Type.Optional(integer('seconds', 1, 86_400)),
    maxOrderNotional: quoteUnits(),
    maxStrategyNotional: quoteUnits(),
    maxTotalNotional: quoteUnits(),
    maxOrdersPerMinute: Type.Optional(integer('orders', 0, 1_000_000)),
    maxCancelsPerMinute: Type.Optional(integer('cancels', 1, 1_000_000)),
    maxRepeats: Type.Optional(integer('orders', 0, 1_000_000)),
    repeatWindowS: Type.Optional(integer('seconds', 1, 86_400)),
    maxDailyLoss: quoteUnits(),
    maxDrawdownPercent: percent(),
  },
  closed,
)

const share = () => Type.Number({ minimum: 0, maximum: 1, description: 'a share from 0 to 1' })

/** The paper venue; what is left out has its default (venue/paper-venue.ts). */
const Paper = Type.Object(
  {
    startBalance: quoteUnits(),
    feeRate: Type.Optional(
      Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.String({ pattern: '^(0(\\.\\d{1,12})?|1)$' })], {
        description: 'a share from 0 to 1',
      }),
    ),
    halfSpreadBps: Type.Optional(amount('basis points')),
    impactBps: Type.Optional(amount('basis points')),
    partialFills: Type.Optional(share()),
  },
  closed,
)

const Sim = Type.Object(
  {
    seed: Type.Optional(integer('0 to 2^32 - 1', 0, 0xffff_ffff)),
    trendPersistence: Type.Optional(
      Type.Union([Type.Literal('default'), Type.Literal('none'), Type.Literal('reversed')], {
        description: 'default, none or reversed',
      }),
    ),
    outagesPerYear: Type.Optional(Type.Number({ minimum: 0, maximum: 365, description: 'a number from 0 to 365' })),
  },
  closed,
)

const START_FORM = 'a UTC time like 2024-01-15 or 2024-01-15T12:00:00Z, in quotes'
const Replay = Type.Object(
  {
    speed: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000, description: 'a number above 0, at most 1000000' }),
    ),
    start: Type.Optional(
      Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?Z?)?$', description: START_FORM }),
    ),
  },
  closed,
)

export const SparkFile = Type.Object(
  {
    strategies: Type.Array(StrategyEntry, { minItems: 1, maxItems: 10_000, description: 'a list of 1 to 10000 strategies' }),
    risk: Type.Optional(RiskSection),
    paper: Type.Optional(Paper),
    rollout: Type.Optional(RolloutSection),
    alerts: Type.Optional(AlertSection),
    sim: Type.Optional(Sim),
    replay: Type.Optional(Replay),
  },
  closed,
)
export type SparkFile = Static<typeof SparkFile>

/** Reads config/spark.yaml. Problems name file, line, key, value and what is allowed. */
export function parseSparkFile(text: string, fileName: string): { file: SparkFile } | { problems: string[] } {
  const checked = parseChecked(SparkFile, { text, fileName }, meaningProblems)
  return 'problems' in checked ? checked : { file: checked.value }
}

/** What the form allows and the meaning does not. */
function meaningProblems(file: SparkFile, lineAt: (path: readonly string[]) => number): DocumentProblem[] {
  const { strategies, replay } = file
  const problems: DocumentProblem[] = []
  const first = new Map<string, number>()
  strategies.forEach(({ id }, index) => {
    const path = ['strategies', String(index), 'id']
    const line = first.get(id)
    if (line === undefined) first.set(id, lineAt(path))
    else
      problems.push({
        path,
        text: `${path.join('.')} is "${id}", as on line ${line}; it must be an id that no other strategy has`,
      })
  })
  if (replay?.start !== undefined && parseTime(replay.start) === null)
    problems.push({ path: ['replay', 'start'], text: `replay.start is "${replay.start}"; it must be ${START_FORM}` })
  for (const text of planProblems(rolloutPlanOf(file))) problems.push({ path: ['rollout'], text: `rollout.${text}` })
  return problems
}
