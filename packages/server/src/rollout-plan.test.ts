import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { rolloutPlanOf } from './rollout-plan.ts'

it('the exposure lease is 30 s of the clock, and never less than 2 real seconds', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (speed) => {
      const { leaseMs } = rolloutPlanOf({ strategies: [] }, speed)
      expect(leaseMs).toBeGreaterThanOrEqual(30_000)
      expect(leaseMs / speed).toBeGreaterThanOrEqual(speed <= 15 ? 30_000 / speed : 2000)
      expect(rolloutPlanOf({ strategies: [] }).leaseMs).toBe(30_000)
    }),
  ))
