import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import reference from '../calibration/reference.json' with { type: 'json' }
import { addRow, correlation, createCoMoments, momentsOf } from './moments.ts'

describe('correlations', () => {
  it('are those of numpy, also far from 0', () => {
    const { rows, matrix } = reference.correlation
    const moments = createCoMoments(4)
    for (const row of rows)
      addRow(
        moments,
        row.map((value) => value + 1e6),
      )
    for (const [i, line] of matrix.entries())
      for (const [j, expected] of line.entries())
        expect(Math.abs((correlation(moments, i, j) ?? 2) - expected)).toBeLessThan(1e-8)
    const near = createCoMoments(4)
    for (const row of rows) addRow(near, row)
    for (const [i, line] of matrix.entries())
      for (const [j, expected] of line.entries()) expect(Math.abs((correlation(near, i, j) ?? 2) - expected)).toBeLessThan(1e-12)
  })
  it('lie in -1..1, are symmetric, and are null for what never changes', () => {
    const value = fc.integer({ min: -100, max: 100 }).map((hundredths) => hundredths / 100)
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 30 }), (rows) => {
        const moments = createCoMoments(2)
        for (const row of rows) addRow(moments, row)
        const one = correlation(moments, 0, 1)
        if (one !== null) expect(Math.abs(one)).toBeLessThanOrEqual(1)
        expect(correlation(moments, 1, 0) ?? 2).toBeCloseTo(one ?? 2, 9)
        if (rows.length < 2) expect(one).toBeNull()
      }),
    )
    expect(() => addRow(createCoMoments(2), [1])).toThrow(RangeError)
  })
})

describe('moments', () => {
  it('take the deviation of a sample and the raw kurtosis', () => {
    expect(momentsOf([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3), skewness: 0, kurtosis: 2.5625 / 1.5625 })
    for (const values of [[], [1], [2, 2, 2]]) expect(momentsOf(values)).toBeNull()
  })
})
