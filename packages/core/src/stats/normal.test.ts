import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import reference from '../calibration/reference.json' with { type: 'json' }
import { normalCdf, normalQuantile } from './normal.ts'

describe('the normal distribution', () => {
  it('is that of scipy, in the lower tail to many digits', () => {
    for (const [x = Number.NaN, expected = Number.NaN] of reference.normalCdf) {
      expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(1e-15)
      if (x < 0) expect(normalCdf(x) / expected).toBeCloseTo(1, 12)
    }
    for (const [p = Number.NaN, expected = Number.NaN] of reference.normalQuantile)
      expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-10)
  })
  it('rises, is symmetric, and its quantile undoes it', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 5, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true }), (x, step) => {
        expect(normalCdf(x + step)).toBeGreaterThanOrEqual(normalCdf(x) - 1e-15)
        expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 14)
        expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 7)
      }),
    )
  })
  it('ends where doubles do', () => {
    expect([normalCdf(-50), normalCdf(50)]).toEqual([0, 1])
    expect(normalCdf(Number.NaN)).toBeNaN()
    for (const p of [0, 1, -1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(RangeError)
  })
})
