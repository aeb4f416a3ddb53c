import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import reference from './reference.json' with { type: 'json' }
import { deflatedSharpe, expectedMaxSharpe, informationRatio, maxDrawdown, sharpeRatio } from './sharpe.ts'

const { returns, baseline, ...expected } = reference.sharpe
const expectNear = (value: number | null, other: number) => expect(Math.abs((value ?? Number.NaN) - other)).toBeLessThan(1e-9)

describe('ratios', () => {
  it('are those of numpy and scipy', () => {
    expectNear(sharpeRatio(returns), expected.sharpe)
    expectNear(informationRatio(returns, baseline), expected.informationRatio)
    expectNear(maxDrawdown(returns), expected.maxDrawdown)
    for (const { count, sharpeVariance, expectedMax, deflated } of expected.deflated) {
      expectNear(expectedMaxSharpe({ count, sharpeVariance }), expectedMax)
      expectNear(deflatedSharpe(returns, { count, sharpeVariance }), deflated)
    }
  })
  it('are null where they are not defined', () => {
    for (const none of [[], [0.1], [0.1, 0.1, 0.1]]) {
      expect(sharpeRatio(none)).toBeNull()
      expect(deflatedSharpe(none, { count: 1, sharpeVariance: 0 })).toBeNull()
    }
    expect(() => informationRatio([1], [])).toThrow(RangeError)
    for (const count of [0, 1.5]) expect(() => expectedMaxSharpe({ count, sharpeVariance: 1 })).toThrow(RangeError)
  })
  it('deflate the more, the more was tried', () => {
    const by = [1, 2, 10, 100, 10_000].map((count) => deflatedSharpe(returns, { count, sharpeVariance: 0.002 }) ?? Number.NaN)
    expect(by).toEqual(by.toSorted((a, b) => b - a))
  })
})

describe('the drawdown', () => {
  it('is the largest fall from a peak, the start included', () => {
    expect(maxDrawdown([-1, 3, -2, 1, -3])).toBe(4)
    expect(maxDrawdown([-1, -1])).toBe(2)
    expect(maxDrawdown([1, 2])).toBe(0)
    expect(maxDrawdown([])).toBe(0)
  })
  it('is at least what was lost in all, and grows with the scale', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 })), (values) => {
        expect(maxDrawdown(values)).toBeGreaterThanOrEqual(-values.reduce((sum, value) => sum + value, 0))
        expect(maxDrawdown(values.map((value) => value * 2))).toBe(2 * maxDrawdown(values))
      }),
    )
  })
})
