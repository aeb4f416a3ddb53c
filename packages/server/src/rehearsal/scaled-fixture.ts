import { DEFAULT_PLAN, type RolloutPlan } from '@spark/core/rollout/plan'
import { createRandom, randomInteger } from '@spark/core/stats/random'
import { loadConfig, type Config } from '../config.ts'
import { SimulatedMarket } from '../feed/simulated-market.ts'
import type { Fault } from './fault.ts'
import { simulatedMarket } from './markets.ts'
import { limitOf, rehearse, type Rehearsal } from './rehearse.ts'

const MINUTE = 60_000

/** The default plan with everything that takes hours made minutes: half an hour in all. Slices stay 30 s long. */
export const SCALED_PLAN: RolloutPlan = {
  ...DEFAULT_PLAN,
  steps: [
    { name: 'preview', share: 0, dwellMs: 5 * MINUTE, approval: false, proven: false },
    { name: '10 %', share: 0.1, dwellMs: 4 * MINUTE, approval: false, proven: false },
    { name: '50 %', share: 0.5, dwellMs: 6 * MINUTE, approval: false, proven: false },
    { name: '100 %', share: 1, dwellMs: 13 * MINUTE, approval: false, proven: false },
  ],
  gates: {
    p95: { ...DEFAULT_PLAN.gates.p95, holdMs: 2 * MINUTE },
    staleness: { ...DEFAULT_PLAN.gates.staleness, holdMs: 3 * MINUTE },
    error_rate: { ...DEFAULT_PLAN.gates.error_rate, holdMs: 3 * MINUTE },
    score_rate: { ...DEFAULT_PLAN.gates.score_rate, holdMs: 4 * MINUTE },
    // The default model is never less confident than 0.5: without direction it stands there, and that must be critical here.
    confid_median: { good: 0.52, critical: 0.51, holdMs: 5 * MINUTE },
    dead_letters: { ...DEFAULT_PLAN.gates.dead_letters, holdMs: 3 * MINUTE },
  },
  // One slice that a restart costs leaves the window covered, as in the default plan.
  windowSlices: 5,
  blindMs: 2 * MINUTE,
  clearMinMs: 90_000,
  coolDownMs: MINUTE,
  approvalMs: 5 * MINUTE,
}

const UNIVERSE = [
  ['BTCUSDT', '1m', 4],
  ['ETHUSDT', '1m', 4],
  ['SOLUSDT', '1m', 4],
  ['BNBUSDT', '1m', 2],
  ['BTCUSDT', '5m', 2],
  ['ETHUSDT', '5m', 2],
  ['SOLUSDT', '5m', 2],
] as const

/** Twenty strategies of uneven capital; four of them are the canary. */
function scaledConfig(seed: number, risk: NonNullable<Config['file']['risk']>): Config {
  const random = createRandom(seed, 100)
  const base = loadConfig({ POLL_INTERVAL_MS: '15000', CANARY_SYMBOL: 'BTCUSDT', CANARY_TIMEFRAME: '1m' })
  const strategies = UNIVERSE.flatMap(([symbol, tf, count]) =>
    Array.from({ length: count }, (_, at) => ({
      id: `${symbol.toLowerCase()}-${tf}-${at + 1}`,
      symbol,
      tf,
      capital: 400 + randomInteger(random, 600),
    })),
  )
  return { ...base, file: { strategies, risk } }
}

/** A few markets for all seeds: their candles are drawn once. */
const MARKETS = 4
const markets = new Map<number, SimulatedMarket>()

function marketOf(seed: number): SimulatedMarket {
  const number = seed % MARKETS
  const known = markets.get(number) ?? new SimulatedMarket({ seed: number })
  markets.set(number, known)
  return known
}

export function rehearseScaled(
  seed: number,
  faults: readonly Fault[],
  risk: NonNullable<Config['file']['risk']> = {},
): Promise<Rehearsal> {
  const config = scaledConfig(seed, risk)
  return rehearse({
    config,
    plan: SCALED_PLAN,
    seed,
    faults,
    ceiling: 1,
    limitMs: limitOf(SCALED_PLAN, faults),
    ...simulatedMarket(config, seed, marketOf(seed)),
  })
}
