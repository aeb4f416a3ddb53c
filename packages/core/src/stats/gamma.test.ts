import { describe, expect, it } from 'vitest'
import reference from '../calibration/reference.json' with { type: 'json' }
import { logBeta, logGamma } from './gamma.ts'

describe('ln Γ and ln B', () => {
  it('are those of scipy', () => {
    for (const [x = Number.NaN, expected = Number.NaN] of reference.logGamma)
      expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-13 * Math.max(1, Math.abs(expected)))
    for (const [a = Number.NaN, b = Number.NaN, expected = Number.NaN] of reference.logBeta)
      expect(Math.abs(logBeta(a, b) - expected)).toBeLessThan(1e-11)
  })
  it('of whole numbers is that of factorials', () => {
    let factorial = 1
    for (let n = 1; n < 20; n += 1) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 12)
      factorial *= n
    }
  })
  it('are not defined at and below 0', () => {
    for (const x of [0, -1, Number.NaN]) expect(() => logGamma(x)).toThrow(RangeError)
  })
})
