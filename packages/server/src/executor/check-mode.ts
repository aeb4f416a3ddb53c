import type { SparkFile } from '../strategies-file.ts'

/** Limits that a person must have written down before real money is at stake; their defaults are for paper. */
const LIVE_LIMITS = [
  'allowedSymbols',
  'maxOrderNotional',
  'maxStrategyNotional',
  'maxTotalNotional',
  'maxOrdersPerMinute',
  'maxDailyLoss',
  'maxDrawdownPercent',
] as const satisfies readonly (keyof NonNullable<SparkFile['risk']>)[]

export interface ModeFacts {
  live: boolean
  /** As venueName gives it. */
  venue: string
  /** What the data folder was first used for; null: nothing yet. */
  boundVenue: string | null
  hasKeys: boolean
  risk: SparkFile['risk']
  /** Strategies with mode live. */
  armed: number
}

/** Everything that forbids to trade like this, each with what to do; empty: nothing does. */
export function modeProblems({ live, venue, boundVenue, hasKeys, risk = {}, armed }: ModeFacts): string[] {
  const problems: string[] = []
  if (boundVenue !== null && venue !== boundVenue)
    problems.push(
      `this data folder holds the book of "${boundVenue}" and cannot be opened for "${venue}"; set SPARK_DATA_DIR to another folder`,
    )
  if (venue !== 'paper' && !hasKeys)
    problems.push(
      `no exchange keys are stored for "${venue}"; run: spark keys add ${venue.split(' ')[0]}${live ? ' --live' : ''}`,
    )
  if (!live) return problems
  const missing = LIVE_LIMITS.filter((limit) => risk[limit] === undefined)
  if (missing.length > 0)
    problems.push(`live needs every limit in writing; under "risk:" of config/spark.yaml are missing: ${missing.join(', ')}`)
  if (armed === 0)
    problems.push(
      'no strategy is armed; give those that may trade real money "mode: live" in config/spark.yaml, or once they are stored run: spark strategies arm ID',
    )
  return problems
}
