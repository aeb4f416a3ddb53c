import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addValue,
  createValueCounts,
  logCapital,
  meanSequence,
  mergeValueCounts,
  valueMean,
  valuesToReach,
  type ValueCounts,
} from './bets.ts'
import reference from './reference.json' with { type: 'json' }

function counted(values: readonly number[], low = -1, high = 1): ValueCounts {
  const counts = createValueCounts(low, high)
  for (const value of values) addValue(counts, value)
  return counts
}

const values = fc.array(fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.constantFrom(-1, 0, 1)), { minLength: 1 })

describe('capital of bets on a mean', () => {
  it('is that of numpy, and the sequence of means where it is refuted is that of scipy', () => {
    for (const one of reference.bets) {
      const counts = counted(one.values, one.low, one.high)
      expect(Math.abs(logCapital(counts, 'above') - one.above)).toBeLessThan(1e-9)
      expect(Math.abs(logCapital(counts, 'below') - one.below)).toBeLessThan(1e-9)
      const { low, high } = meanSequence(counts, one.alpha)
      expect(Math.abs(low - (one.interval[0] ?? Number.NaN))).toBeLessThan(1e-9)
      expect(Math.abs(high - (one.interval[1] ?? Number.NaN))).toBeLessThan(1e-9)
    }
  })
  it('is 1 at first, and at most 1 while the mean is not on its side', () => {
    expect(logCapital(createValueCounts(-1, 1), 'above')).toBeCloseTo(0, 15)
    expect(meanSequence(createValueCounts(-1, 2), 0.05)).toEqual({ low: -1, high: 2 })
    fc.assert(
      fc.property(values, (seen) => {
        const counts = counted(seen)
        if (counts.sum <= 0) expect(logCapital(counts, 'above')).toBeLessThanOrEqual(1e-12)
        if (counts.sum >= 0) expect(logCapital(counts, 'below')).toBeLessThanOrEqual(1e-12)
      }),
    )
  })
  it('mirrors: betting above on values is betting below on their opposites', () => {
    fc.assert(
      fc.property(values, (seen) => {
        const opposite = counted(seen.map((value) => -Math.round(value * 1024) / 1024))
        const counts = counted(seen.map((value) => Math.round(value * 1024) / 1024))
        expect(logCapital(opposite, 'below')).toBeCloseTo(logCapital(counts, 'above'), 9)
        expect(meanSequence(opposite, 0.05).low).toBeCloseTo(-meanSequence(counts, 0.05).high, 9)
      }),
    )
  })
  it('refutes 0 exactly when the sequence leaves it out, and the sequence holds the mean', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.2, max: 0.6, noNaN: true }), { minLength: 1, maxLength: 150 }), (seen) => {
        const counts = counted(seen)
        const { low, high } = meanSequence(counts, 0.05)
        expect(low > 0).toBe(logCapital(counts, 'above') >= Math.log(20))
        expect(high < 0).toBe(logCapital(counts, 'below') >= Math.log(20))
        expect(low).toBeLessThanOrEqual((valueMean(counts) ?? 2) + 1e-12)
        expect(high).toBeGreaterThanOrEqual((valueMean(counts) ?? -2) - 1e-12)
      }),
    )
  })
})

describe('counted values', () => {
  it('merge to the same bits in any order, through JSON, and come out the same', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const all = counted([...a, ...b])
        const merged = mergeValueCounts(counted(b), counted(a))
        expect(merged).toEqual(all)
        expect(logCapital(JSON.parse(JSON.stringify(merged)) as ValueCounts, 'above')).toBe(logCapital(all, 'above'))
      }),
    )
    expect(() => mergeValueCounts(createValueCounts(-1, 1), createValueCounts(-1, 2))).toThrow(RangeError)
  })
  it('take what lies beyond a bound as the bound, and refuse what is no value', () => {
    expect(valueMean(counted([5, -7, 1]))).toBeCloseTo(1 / 3, 15)
    expect(valueMean(createValueCounts(-1, 1))).toBeNull()
    expect(() => addValue(createValueCounts(-1, 1), Number.NaN)).toThrow(RangeError)
    for (const [low, high] of [
      [0, 1],
      [-1, 0],
      [1, 2],
    ] as const)
      expect(() => createValueCounts(low, high)).toThrow(RangeError)
  })
  it('are said to reach a goal when, repeated so often, they do', () => {
    const flips = (count: number) => counted(Array.from({ length: count }, (_, index) => (index % 5 < 3 ? 1 : -1)))
    const needed = valuesToReach(flips(50), 'above', Math.log(60))
    const fives = Math.floor(needed / 5)
    expect(logCapital(flips(5 * fives - 5), 'above')).toBeLessThan(Math.log(60))
    expect(logCapital(flips(5 * fives + 5), 'above')).toBeGreaterThan(Math.log(60))
    expect(Math.abs(valuesToReach(flips(2000), 'above', Math.log(60)) - needed)).toBeLessThanOrEqual(1)
    expect(valuesToReach(flips(50), 'below', Math.log(60))).toBe(Number.POSITIVE_INFINITY)
    expect(valuesToReach(createValueCounts(-1, 1), 'above', 1)).toBe(Number.POSITIVE_INFINITY)
  })
})
