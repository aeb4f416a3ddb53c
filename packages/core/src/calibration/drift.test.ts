import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom, randomNormal } from '../stats/random.ts'
import { addToBins, DRIFT_MIN, driftOf, emptyBins, stabilityIndex, trainingBins, type BinCounts } from './drift.ts'
import reference from './reference.json' with { type: 'json' }

function normals(seed: number, count: number, shift = 0): number[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => randomNormal(random) + shift)
}

function countedIn(bins: BinCounts, values: readonly number[]): BinCounts {
  const counted = emptyBins(bins.edges)
  for (const value of values) addToBins(counted, value)
  return counted
}

const counts = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { minLength: 2, maxLength: 12 })

describe('the stability index', () => {
  it('is that of exact fractions, with half a value more in every bin', () => {
    for (const { then, now, index } of reference.stability)
      expect(Math.abs((stabilityIndex(then, now) ?? 9) - index)).toBeLessThan(1e-12)
  })
  it('is never negative, and 0 for the same shares; null without values', () => {
    fc.assert(
      fc.property(counts, (pairs) => {
        const [then, now] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)]
        expect(stabilityIndex(then, now) ?? 0).toBeGreaterThanOrEqual(0)
        expect(stabilityIndex(then, then) ?? 0).toBe(0)
      }),
    )
    expect(stabilityIndex([0, 0], [1, 2])).toBeNull()
    expect(stabilityIndex([1, 2], [0, 0])).toBeNull()
  })
})

describe('bins', () => {
  it('hold about a tenth of the training values each', () => {
    expect(trainingBins(normals(1, 1000)).counts).toEqual(Array.from({ length: 10 }, () => 100))
  })
  it('are fewer where values repeat, and none of them is empty', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 50 }), (values) => {
        const bins = trainingBins(values)
        expect(bins.edges).toEqual([...new Set(bins.edges)].toSorted((a, b) => a - b))
        expect(Math.min(...bins.counts)).toBeGreaterThan(0)
        expect(bins.counts.reduce((sum, count) => sum + count, 0)).toBe(values.length)
      }),
    )
    expect(trainingBins([2, 2, 2])).toEqual({ edges: [], counts: [3] })
    expect(() => trainingBins([])).toThrow(RangeError)
  })
  it('take a value on an edge into the bin below it, and refuse what is no measurement', () => {
    const bins = emptyBins([1, 2])
    for (const value of [0, 1, 1.5, 2, 3]) addToBins(bins, value)
    expect(bins.counts).toEqual([2, 2, 1])
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => addToBins(bins, value)).toThrow(RangeError)
  })
})

describe('drift', () => {
  const training = trainingBins(normals(2, 2000))

  it('is said of about 1 in 100 features that have not moved, also on few values', () => {
    const indices = Array.from(
      { length: 500 },
      (_, seed) => stabilityIndex(training.counts, countedIn(training, normals(seed + 10, 60)).counts) ?? 0,
    )
    const { threshold = 0 } = driftOf(training, countedIn(training, normals(3, 60)), 1) ?? {}
    const said = indices.filter((index) => index > threshold).length
    expect(said).toBeGreaterThan(0)
    expect(said).toBeLessThanOrEqual(13)
    // A fixed threshold would cry wolf on so few.
    expect(indices.filter((index) => index > DRIFT_MIN).length).toBeGreaterThan(250)
  })
  it('has a higher threshold on few values, never below 0.1', () => {
    const few = driftOf(training, countedIn(training, normals(3, 60)), 1)
    const many = driftOf(training, countedIn(training, normals(3, 5000)), 1)
    expect(few?.threshold).toBeGreaterThan(2 * DRIFT_MIN)
    expect(many?.threshold).toBe(DRIFT_MIN)
    expect(many).toMatchObject({ values: 5000, drifted: false })
    expect(driftOf(training, countedIn(training, normals(3, 60)), 1)).toEqual(few)
  })
  it('is found when the feature moves by half a deviation; null without values', () => {
    expect(driftOf(training, countedIn(training, normals(4, 1000, 0.5)), 1)?.drifted).toBe(true)
    expect(driftOf(training, emptyBins(training.edges), 1)).toBeNull()
  })
})
