import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mlBucket } from '../signal/decision.ts'
import { createRandom, randomUniform } from '../stats/random.ts'
import { counterOf } from './counter.ts'
import reference from './reference.json' with { type: 'json' }
import { calibrationNull, reliabilityOf, type Reliability } from './reliability.ts'

const WIDTHS = { ambiguous: false, candlesHeld: 1, netReturn: 0, profitDistance: 0.01, stopDistance: 0.01, costRate: 0 }

function figures(labels: readonly { confid: number; hit: boolean }[]): Reliability {
  const found = reliabilityOf(
    labels.map(({ confid, hit }) => ({ bucket: mlBucket(confid), counter: counterOf({ ...WIDTHS, confid, hit }) })),
  )
  if (found === null) throw new Error('no labels')
  return found
}

/** Confidences that are right as often as they say, times `truth`. */
function drawn(seed: number, count: number, truth = (confid: number) => confid): Reliability {
  const random = createRandom(seed)
  const labels = Array.from({ length: count }, () => {
    const confid = 0.5 + 0.45 * randomUniform(random)
    return { confid, hit: randomUniform(random) < truth(confid) }
  })
  return figures(labels)
}

describe('reliability', () => {
  const { confid, hit, ...expected } = reference.labels
  const measured = figures(confid.map((one, index) => ({ confid: one, hit: hit[index] === 1 })))
  const expectNear = (value: number, other: number | undefined) =>
    expect(Math.abs(value - (other ?? Number.NaN))).toBeLessThan(1e-9)

  it('has the Brier score, its parts and the log-loss of scikit-learn', () => {
    expectNear(measured.means.brier, expected.brier)
    expectNear(measured.means.logLoss, expected.logLoss)
    expectNear(measured.brierParts.reliability, expected.reliability)
    expectNear(measured.brierParts.resolution, expected.resolution)
    expectNear(measured.brierParts.uncertainty, expected.uncertainty)
    expectNear(measured.calibrationError, expected.calibrationError)
  })
  it('has the calibration curve of scikit-learn, and its isotonic fit', () => {
    expect(measured.points).toHaveLength(expected.hitRates.length)
    for (const [index, point] of measured.points.entries()) {
      expectNear(point.hitRate, expected.hitRates[index])
      expectNear(point.meanConfid, expected.meanConfids[index])
      expectNear(point.fitted, expected.fitted[index])
      expect(point.interval.low).toBeLessThanOrEqual(point.hitRate)
      expect(point.interval.high).toBeGreaterThanOrEqual(point.hitRate)
    }
  })
  it('adds up: Brier is reliability less resolution plus uncertainty, and what differs inside the buckets', () => {
    const one = fc.record({ confid: fc.double({ min: 0, max: 1, noNaN: true }), hit: fc.boolean() })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (labels) => {
        const { brierParts, calibrationError, points, means } = figures(labels)
        expect(brierParts.reliability - brierParts.resolution + brierParts.uncertainty + brierParts.withinBuckets).toBeCloseTo(
          means.brier,
          12,
        )
        expect(calibrationError).toBeGreaterThanOrEqual(Math.abs(means.confid - means.hitRate) - 1e-9)
        expect(points.reduce((sum, point) => sum + point.labels, 0)).toBe(labels.length)
        const same = figures(labels.map(({ hit: right }) => ({ confid: 0.75, hit: right })))
        expect(same.brierParts.withinBuckets).toBeCloseTo(0, 8)
      }),
    )
  })
  it('says nothing without labels', () => {
    expect(reliabilityOf([])).toBeNull()
  })
})

describe('the calibration error of a calibrated model', () => {
  it('is not 0, falls with the number of labels, and is the same for the same seed', () => {
    const [few, many] = [drawn(1, 100), drawn(1, 10_000)]
    expect(calibrationNull(few, 1).mean).toBeGreaterThan(0.03)
    expect(calibrationNull(many, 1).mean).toBeLessThan(calibrationNull(few, 1).mean / 5)
    expect(calibrationNull(few, 1)).toEqual(calibrationNull(few, 1))
  })
  it('is passed by about 1 in 20 calibrated models, and by all that are ten points too sure', () => {
    const beyond = (models: number, truth: (confid: number) => number) =>
      Array.from({ length: models }, (_, seed) => drawn(seed, 1000, truth)).filter(
        (model, seed) => model.calibrationError > calibrationNull(model, seed).percentile95,
      ).length
    const calibrated = beyond(80, (confid) => confid)
    expect(calibrated).toBeGreaterThan(0)
    expect(calibrated).toBeLessThanOrEqual(9)
    expect(beyond(20, (confid) => confid - 0.1)).toBe(20)
  })
  it('comes with the share of calibrated models that show as much', () => {
    expect(calibrationNull(drawn(3, 1000), 1).pValue).toBeGreaterThan(0.05)
    expect(
      calibrationNull(
        drawn(3, 1000, (confid) => confid - 0.1),
        1,
      ).pValue,
    ).toBeLessThan(0.002)
  })
})
