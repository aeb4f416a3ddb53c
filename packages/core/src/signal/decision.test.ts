import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, mlBucket } from './decision.ts'

/** The next double towards 0, for a positive one. */
function below(x: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  view.setBigUint64(0, view.getBigUint64(0) - 1n)
  return view.getFloat64(0)
}

describe('decide', () => {
  it('is the sign of the score at and above the floor, else 0', () => {
    expect(decide(0.3, 0.55, 0.55)).toBe(1)
    expect(decide(-0.3, 0.56, 0.55)).toBe(-1)
    expect(decide(-0.3, below(0.55), 0.55)).toBe(0)
  })
  it('is 0, not -0, for a score without sign', () => {
    expect(decide(0, 0.9, 0.5)).toBe(0)
    expect(decide(-0, 0.9, 0.5)).toBe(0)
  })
  it('is 0 when anything is not a number', () => {
    expect(decide(Number.NaN, 0.9, 0.5)).toBe(0)
    expect(decide(1, Number.NaN, 0.5)).toBe(0)
    expect(decide(1, 0.9, Number.NaN)).toBe(0)
  })
})

describe('mlBucket', () => {
  it('has exact edges: a tenth is in its own bucket, the next smaller number in the one below', () => {
    for (let tenth = 1; tenth <= 9; tenth += 1) {
      expect(mlBucket(tenth / 10)).toBe(tenth / 10)
      expect(mlBucket(below(tenth / 10))).toBe((tenth - 1) / 10)
    }
    // What makes the last line above more than floor(10 * confid) / 10.
    expect(Math.floor(10 * below(0.9)) / 10).toBe(0.9)
  })
  it('is 0.9 at most and 0 for what is no confidence', () => {
    expect([0, 1, 2, Number.POSITIVE_INFINITY, -1, Number.NaN].map(mlBucket)).toEqual([0, 0.9, 0.9, 0.9, 0, 0])
  })
  it('holds its value: bucket <= confid < bucket + 0.1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (confid) => {
        const tenth = Math.round(mlBucket(confid) * 10)
        expect(confid >= tenth / 10 && confid < (tenth + 1) / 10).toBe(true)
      }),
    )
  })
})
