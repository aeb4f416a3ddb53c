import { expect, it } from 'vitest'
import { DEFAULT_PLAN } from '@spark/core/rollout/plan'
import { loadConfig } from '../config.ts'
import { checkRehearsal } from './check/check-rehearsal.ts'
import { drawFaults } from './draw-faults.ts'
import { outcomeOf } from './outcome.ts'
import { limitOf, rehearse, type Rehearsal } from './rehearse.ts'
import { simulatedMarket } from './markets.ts'
import { rehearseScaled } from './scaled-fixture.ts'
import { brokenSeeds, seedsFrom } from './seeds-fixture.ts'

const SEEDS = 5000

it(`${SEEDS} seeds on the scaled plan: everything that must hold holds`, async () => {
  const startedMs = performance.now()
  // The first 300 are those of every test run.
  expect(await brokenSeeds(seedsFrom(1, SEEDS))).toEqual([])
  console.log(`${SEEDS} seeds, ${((performance.now() - startedMs) / SEEDS).toFixed(0)} ms each`)
})

it('200 seeds without faults end in done', async () => {
  for (const seed of seedsFrom(1, 200)) {
    const { phase } = await rehearseScaled(seed, [])
    expect([seed, phase]).toEqual([seed, 'done'])
  }
})

async function full(seed: number, faultCount: number): Promise<Rehearsal> {
  const config = loadConfig({})
  const faults = drawFaults(seed, DEFAULT_PLAN, faultCount)
  const market = simulatedMarket(config, seed)
  return rehearse({ config, plan: DEFAULT_PLAN, seed, faults, ceiling: 1, limitMs: limitOf(DEFAULT_PLAN, faults), ...market })
}

it('three seeds of the full plan, 31 hours with 120 strategies: done without faults, all that must hold holds with ten', async () => {
  for (const seed of seedsFrom(1, 3)) {
    const startedMs = performance.now()
    const plain = await full(seed, 0)
    console.log(`seed ${seed}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    expect(outcomeOf(plain, null)).toMatchObject({ ok: true, problems: [] })
    expect([plain.phase, plain.members.length]).toEqual(['done', 120])
    expect(checkRehearsal(await full(seed, 10))).toEqual([])
  }
})
