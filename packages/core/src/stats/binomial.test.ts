import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import reference from '../calibration/reference.json' with { type: 'json' }
import { randomBinomial, randomMultinomial } from './binomial.ts'
import { createRandom } from './random.ts'

describe('a binomial draw', () => {
  it('falls as scipy says: chi-square over 20,000 draws', () => {
    for (const { trials, p, mass } of reference.binomial) {
      const random = createRandom(1)
      const counts = mass.map(() => 0)
      for (let draw = 0; draw < 20_000; draw += 1) {
        const hits = randomBinomial(random, trials, p)
        counts[hits] = (counts[hits] ?? Number.NaN) + 1
      }
      const chiSquare = mass.reduce((sum, share, hits) => sum + ((counts[hits] ?? 0) - 20_000 * share) ** 2 / (20_000 * share), 0)
      expect(counts).toHaveLength(trials + 1)
      // 27.9 is passed once in a thousand seeds at 9 degrees of freedom; the seed is fixed.
      expect(chiSquare).toBeLessThan(27.9)
    }
  })
  it('lies in 0..trials, near its mean also for a million, and is certain at 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (trials, p, seed) => {
          const hits = randomBinomial(createRandom(seed), trials, p)
          expect(Number.isInteger(hits)).toBe(true)
          expect(Math.abs(hits - trials * p)).toBeLessThan(9 * Math.sqrt(trials * p * (1 - p)) + 10)
          expect([randomBinomial(createRandom(seed), trials, 0), randomBinomial(createRandom(seed), trials, 1)]).toEqual([
            0,
            trials,
          ])
        },
      ),
    )
  })
})

describe('a multinomial draw', () => {
  it('falls into its classes, all of it, by their shares', () => {
    const random = createRandom(2)
    const sums = [0, 0, 0, 0]
    for (let draw = 0; draw < 2000; draw += 1) {
      const counts = randomMultinomial(random, 50, [0.1, 0, 0.6, 0.3])
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50)
      for (const [at, count] of counts.entries()) sums[at] = (sums[at] ?? 0) + count
    }
    expect(sums[1]).toBe(0)
    for (const [at, share] of [0.1, 0, 0.6, 0.3].entries()) expect((sums[at] ?? 0) / 100_000).toBeCloseTo(share, 2)
  })
})
