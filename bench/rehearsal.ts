// The default plan of 31 hours with 120 strategies on the simulated market, rehearsed without faults and checked; beside it the
// plan that the tests rehearse, half an hour with 20 strategies.
import { loadConfig } from '@spark/server/config'
import { outcomeOf } from '@spark/server/rehearsal/outcome'
import { rehearse, limitOf } from '@spark/server/rehearsal/rehearse'
import { rehearseScaled } from '@spark/server/rehearsal/scaled-fixture'
import { simulatedMarket } from '@spark/server/rehearsal/markets'
import { rolloutPlanOf } from '@spark/server/rollout-plan'
import { formatNumber, median } from './figure.ts'
import { bench, durationMs, progress } from './support.ts'

const SCALED = 'half an hour with 20 strategies'
const SCALED_SEEDS = 10

async function fullMs(seed: number): Promise<number> {
  const config = loadConfig({})
  const plan = rolloutPlanOf(config.file, config.clockSpeed)
  const market = simulatedMarket(config, seed)
  return durationMs(async () => {
    const rehearsal = await rehearse({ config, plan, seed, faults: [], ceiling: 1, limitMs: limitOf(plan, []), ...market })
    const { ok, said } = outcomeOf(rehearsal, null)
    if (!ok) throw new Error(said)
  })
}

/** Of one seed, the mean of ten. */
async function scaledMs(): Promise<number> {
  const ms = await durationMs(async () => {
    for (let seed = 1; seed <= SCALED_SEEDS; seed++) await rehearseScaled(seed, [])
  })
  return ms / SCALED_SEEDS
}

await bench({ rounds: 3 }, async ({ rounds }) => {
  const full: number[] = []
  const scaled: number[] = []
  for (let round = 1; round <= rounds; round++) {
    full.push(await fullMs(round))
    scaled.push(await scaledMs())
    progress(
      `rehearsal, round ${round}/${rounds}: ${formatNumber(full.at(-1) ?? 0)} ms against ${formatNumber(scaled.at(-1) ?? 0)} ms`,
    )
  }
  return [
    {
      what: 'rehearsal of the 31 h plan, 120 strategies',
      baseline: null,
      unit: 's',
      values: full.map((ms) => ms / 1000),
      target: { under: 20 },
      note: 'simulated market, no faults, all checks and the replay of every decision included',
    },
    {
      what: 'rehearsal of the 31 h plan, beside the scaled one',
      baseline: SCALED,
      unit: 'times its duration',
      values: full.map((ms, at) => ms / (scaled[at] ?? Number.NaN)),
      target: null,
      note: `${formatNumber(median(scaled))} ms for the scaled plan, which has 400 polls where the other has 231,000`,
    },
  ]
})
