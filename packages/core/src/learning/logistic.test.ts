import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitLogistic, forget, isotropic, logisticLoss, NEWTON_STEPS_MAX, sigmoid, type Observation } from './logistic.ts'

const PRIOR = isotropic([0, 1 / 3], 0.1)

const anyObservations = fc.array(
  fc.record({ x: fc.double({ min: -1, max: 1, noNaN: true }).map((value) => [1, value]), y: fc.boolean() }),
  { maxLength: 200 },
)

describe('Bayesian logistic regression', () => {
  it('is the prior when nothing was observed', () => {
    const fit = fitLogistic(PRIOR, [])
    expect(fit?.mean).toEqual([0, 1 / 3])
    expect(fit?.deviation[0]).toBeCloseTo(Math.sqrt(10), 12)
    expect(fit?.posterior).toEqual(PRIOR)
  })

  it('finds the mode, where prior and observations pull alike, of whatever was observed', () => {
    fc.assert(
      fc.property(anyObservations, (observations) => {
        const fit = fitLogistic(PRIOR, observations)
        if (fit === null) throw new Error('no mode')
        const [b0 = 0, b1 = 0] = fit.mean
        const miss = observations.map(({ x, y }) => (y ? 1 : 0) - sigmoid(b0 + b1 * (x[1] ?? 0)))
        expect(Math.abs(miss.reduce((sum, one) => sum + one, -0.1 * b0))).toBeLessThan(1e-6)
        const pull = miss.reduce((sum, one, at) => sum + one * (observations[at]?.x[1] ?? 0), 0.1 * (1 / 3 - b1))
        expect(Math.abs(pull)).toBeLessThan(1e-6)
        expect(fit.steps).toBeLessThanOrEqual(NEWTON_STEPS_MAX)
      }),
      { numRuns: 200 },
    )
  })

  it('stays finite where the observations leave no doubt and the prior is far off', () => {
    const sure: Observation[] = Array.from({ length: 1000 }, (_, at) => ({ x: [1, at / 1000], y: true }))
    const fit = fitLogistic(isotropic([-40, 0], 0.001), sure)
    expect(fit?.mean.every((value) => Number.isFinite(value))).toBe(true)
    expect(fit?.mean[0]).toBeGreaterThan(5)
  })

  it('has no answer for what is no number', () => {
    expect(fitLogistic(PRIOR, [{ x: [1, Number.NaN], y: true }])).toBeNull()
  })

  it('forgets towards the prior: after 300 weeks without labels nothing else is left', () => {
    const learned = fitLogistic(PRIOR, [
      { x: [1, 1], y: true },
      { x: [1, -1], y: false },
    ])
    let known = learned?.posterior ?? PRIOR
    expect(known.shift[1]).toBeGreaterThan(0.5)
    for (let week = 0; week < 300; week += 1) known = forget(known, PRIOR, 0.95)
    expect(known.shift[1]).toBeCloseTo(PRIOR.shift[1] ?? 0, 6)
    expect(known.precision[1]?.[1]).toBeCloseTo(0.1, 6)
    expect(known.precision[0]?.[1]).toBeCloseTo(0, 6)
  })

  it('counts a loss without overflow at both ends', () => {
    expect(logisticLoss(0)).toBeCloseTo(Math.LN2, 15)
    expect(logisticLoss(800)).toBe(0)
    expect(logisticLoss(-800)).toBe(800)
  })
})
