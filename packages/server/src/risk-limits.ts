import { Value } from 'typebox/value'
import type { RiskLimitName } from '@spark/contract/trading'
import { DEFAULT_RISK_LIMITS, type RiskLimits } from '@spark/core/trading/risk'
import { documentProblems } from './describe-problems.ts'
import type { ChangedLimit } from './storage/risk-limit-store.ts'
import { RiskSection, type SparkFile } from './strategies-file.ts'

type Section = NonNullable<SparkFile['risk']>

/** The limits of config/spark.yaml; what it leaves out has its default. */
export function riskLimitsOf({ risk = {} }: Pick<SparkFile, 'risk'>): RiskLimits {
  const amounts = [
    'priceCollarPercent',
    'maxOrderNotional',
    'maxStrategyNotional',
    'maxTotalNotional',
    'maxDailyLoss',
    'maxDrawdownPercent',
  ] as const
  return {
    ...DEFAULT_RISK_LIMITS,
    ...Object.fromEntries(amounts.filter((key) => risk[key] !== undefined).map((key) => [key, String(risk[key])])),
    ...(risk.allowedSymbols !== undefined && { allowedSymbols: risk.allowedSymbols }),
    ...(risk.maxPriceAgeS !== undefined && { maxPriceAgeMs: risk.maxPriceAgeS * 1000 }),
    ...(risk.maxOrdersPerMinute !== undefined && { maxOrdersPerMinute: risk.maxOrdersPerMinute }),
    ...(risk.maxCancelsPerMinute !== undefined && { maxCancelsPerMinute: risk.maxCancelsPerMinute }),
    ...(risk.maxRepeats !== undefined && { maxRepeats: risk.maxRepeats }),
    ...(risk.repeatWindowS !== undefined && { repeatWindowMs: risk.repeatWindowS * 1000 }),
  }
}

export interface EffectiveLimits {
  limits: RiskLimits
  /** Were changed, and cannot be read as they are stored: the file's stand for them, and nothing may enter by those. */
  unreadable: readonly RiskLimitName[]
}

type GivenLimit = Pick<ChangedLimit, 'name' | 'value'>

/** The limits as they count now: those of the file, but for what was changed since. */
export function effectiveLimits({ risk }: Pick<SparkFile, 'risk'>, changed: readonly GivenLimit[]): EffectiveLimits {
  const unreadable = unreadableLimits(changed)
  const section = sectionOf(changed.filter(({ name }) => !unreadable.includes(name)))
  return { limits: riskLimitsOf({ risk: { ...risk, ...section } }), unreadable }
}

/** They were checked when they were given: what cannot be read any more is no limit that an order could be held to. */
export function unreadableLimits(changed: readonly GivenLimit[]): RiskLimitName[] {
  return changed.filter((one) => !Value.Check(RiskSection, sectionOf([one]))).map(({ name }) => name)
}

/** What is wrong with limits that somebody wants, by the rules of config/spark.yaml; empty: nothing. */
export function limitProblems(wanted: readonly GivenLimit[]): string[] {
  return documentProblems(RiskSection, sectionOf(wanted)).map(({ text }) => text)
}

/** One text for each limit, as people read and write it; null: no limit. */
export function limitTexts(limits: RiskLimits): Record<RiskLimitName, string | null> {
  const { maxPriceAgeMs, repeatWindowMs, allowedSymbols, maxOrdersPerMinute, maxCancelsPerMinute, maxRepeats, ...amounts } =
    limits
  return {
    ...amounts,
    allowedSymbols: allowedSymbols?.join(' ') ?? null,
    maxPriceAgeS: String(maxPriceAgeMs / 1000),
    maxOrdersPerMinute: String(maxOrdersPerMinute),
    maxCancelsPerMinute: String(maxCancelsPerMinute),
    maxRepeats: String(maxRepeats),
    repeatWindowS: String(repeatWindowMs / 1000),
  }
}

const COUNTS: ReadonlySet<RiskLimitName> = new Set([
  'maxPriceAgeS',
  'maxOrdersPerMinute',
  'maxCancelsPerMinute',
  'maxRepeats',
  'repeatWindowS',
])

/** As they would stand in the file; what cannot be read stays the text that it is, for the schema to refuse. */
function sectionOf(given: readonly GivenLimit[]): Section {
  return Object.fromEntries(
    given.map(({ name, value }) => {
      if (name === 'allowedSymbols') return [name, value.split(/[\s,]+/).filter((symbol) => symbol !== '')]
      return [name, COUNTS.has(name) && /^\d{1,9}$/.test(value) ? Number(value) : value]
    }),
  )
}
