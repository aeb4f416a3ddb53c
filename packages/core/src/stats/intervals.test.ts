import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import reference from '../calibration/reference.json' with { type: 'json' }
import { shareSequence, wilsonInterval } from './intervals.ts'
import { createRandom, randomUniform } from './random.ts'

const counts = fc
  .integer({ min: 1, max: 2000 })
  .chain((trials) => fc.record({ trials: fc.constant(trials), hits: fc.integer({ min: 0, max: trials }) }))

describe("Wilson's interval", () => {
  it('is that of scipy', () => {
    for (const [hits = Number.NaN, trials = Number.NaN, low, high] of reference.wilson) {
      const interval = wilsonInterval(hits, trials)
      expect(interval?.low).toBeCloseTo(low ?? Number.NaN, 10)
      expect(interval?.high).toBeCloseTo(high ?? Number.NaN, 10)
    }
  })
  it('holds the share, lies in 0..1, and is null without a trial', () => {
    fc.assert(
      fc.property(counts, ({ hits, trials }) => {
        const { low, high } = wilsonInterval(hits, trials) ?? { low: 2, high: -1 }
        expect(low).toBeGreaterThanOrEqual(0)
        expect(low).toBeLessThanOrEqual(hits / trials)
        expect(high).toBeGreaterThanOrEqual(hits / trials)
        expect(high).toBeLessThanOrEqual(1)
      }),
    )
    expect(wilsonInterval(0, 0)).toBeNull()
  })
})

describe('the confidence sequence of a share', () => {
  it('is where the mixture of likelihood ratios stays below 1 / alpha, by scipy', () => {
    for (const [hits = Number.NaN, trials = Number.NaN, alpha = Number.NaN, low, high] of reference.share) {
      const interval = shareSequence(hits, trials, alpha)
      expect(Math.abs(interval.low - (low ?? Number.NaN))).toBeLessThan(1e-9)
      expect(Math.abs(interval.high - (high ?? Number.NaN))).toBeLessThan(1e-9)
    }
  })
  it('is wider than Wilson, mirrors, and is everything before the first trial', () => {
    fc.assert(
      fc.property(counts, ({ hits, trials }) => {
        const interval = shareSequence(hits, trials, 0.05)
        const wilson = wilsonInterval(hits, trials) ?? { low: -1, high: 2 }
        expect(interval.low).toBeLessThanOrEqual(wilson.low)
        expect(interval.high).toBeGreaterThanOrEqual(wilson.high)
        const mirrored = shareSequence(trials - hits, trials, 0.05)
        expect(mirrored.low).toBeCloseTo(1 - interval.high, 9)
      }),
    )
    expect(shareSequence(0, 0, 0.05)).toEqual({ low: 0, high: 1 })
  })
  it('loses the truth in at most 5 % of 1,000 runs, looked at after each of 300 trials', () => {
    let lost = 0
    for (let seed = 0; seed < 1000; seed += 1) {
      const random = createRandom(seed)
      let hits = 0
      for (let trial = 1; trial <= 300; trial += 1) {
        hits += randomUniform(random) < 0.55 ? 1 : 0
        if (trial % 5 !== 0) continue
        const { low, high } = shareSequence(hits, trial, 0.05)
        if (low <= 0.55 && high >= 0.55) continue
        lost += 1
        break
      }
    }
    expect(lost).toBeGreaterThan(0)
    expect(lost).toBeLessThanOrEqual(50)
  })
})
