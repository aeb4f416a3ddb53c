import { expect, it } from 'vitest'
import { brokenSeeds, seedsFrom } from './seeds-fixture.ts'

// Half of 300 seeds: the other half is a file of its own, so that two processors share them.
it.each([1, 31, 61, 91, 121])(
  'seeds %i and 29 more: whatever befalls a rollout, exposure has its evidence and stays a prefix, no order of an old epoch starts, every breach is acted on by the tick that sees it, the replay decides the same, the books agree',
  async (first) => {
    expect(await brokenSeeds(seedsFrom(first, 30))).toEqual([])
  },
  60_000,
)
