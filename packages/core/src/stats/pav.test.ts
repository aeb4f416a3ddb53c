import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import reference from '../calibration/reference.json' with { type: 'json' }
import { isotonicFit } from './pav.ts'

const points = fc.array(
  fc.record({ value: fc.double({ min: -5, max: 5, noNaN: true }), weight: fc.integer({ min: 1, max: 100 }) }),
  { minLength: 1, maxLength: 40 },
)

describe('the isotonic fit', () => {
  it('is that of scikit-learn', () => {
    for (const { value, weight, fitted } of reference.isotonic) {
      const fit = isotonicFit(value.map((one, index) => ({ value: one, weight: weight[index] ?? Number.NaN })))
      expect(fit).toHaveLength(fitted.length)
      for (const [index, one] of fit.entries()) expect(Math.abs(one - (fitted[index] ?? Number.NaN))).toBeLessThan(1e-12)
    }
    expect(isotonicFit([])).toEqual([])
  })
  it('never falls, keeps the weighted sum, and leaves alone what does not fall', () => {
    fc.assert(
      fc.property(points, (given) => {
        const fit = isotonicFit(given)
        for (const [index, one] of fit.entries()) expect(one).toBeGreaterThanOrEqual((fit[index - 1] ?? -6) - 1e-12)
        const sum = (values: readonly number[]) =>
          values.reduce((all, value, index) => all + value * (given[index]?.weight ?? 0), 0)
        expect(sum(fit)).toBeCloseTo(sum(given.map(({ value }) => value)), 8)
        const rising = given.toSorted((a, b) => a.value - b.value)
        for (const [index, one] of isotonicFit(rising).entries()) expect(one).toBeCloseTo(rising[index]?.value ?? Number.NaN, 12)
      }),
    )
  })
})
