import { createRandom, randomUniform } from '@spark/core/stats/random'

const DAY_MS = 86_400_000
const DAYS_PER_YEAR = 365
const SHORTEST_MS = 60_000
const MEAN_MS = 2 * 3_600_000
const LONGEST_MS = 12 * 3_600_000
/** Random stream of the outages; the market itself uses streams of the same seed for other things. */
const OUTAGE_SEED = 0x0a7a6e5

export interface Outages {
  seed: number
  /** Mean number a year, for the whole exchange; at most one a day. */
  perYear: number
}

/** Whether the simulated exchange stands still at a minute. An outage lies within one UTC day and lasts whole minutes. */
export function isOut(outages: Outages, timeMs: number): boolean {
  if (outages.perYear <= 0) return false
  const day = Math.floor(timeMs / DAY_MS)
  const random = createRandom(outages.seed ^ OUTAGE_SEED, day)
  if (randomUniform(random) >= outages.perYear / DAYS_PER_YEAR) return false
  const startMs = Math.floor((randomUniform(random) * DAY_MS) / 60_000) * 60_000
  const lengthMs = Math.min(LONGEST_MS, SHORTEST_MS - Math.log(1 - randomUniform(random)) * MEAN_MS)
  const inDayMs = timeMs - day * DAY_MS
  return inDayMs >= startMs && inDayMs < startMs + lengthMs
}
