import { describe, expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

describe('backoff', () => {
  it('doubles up to its cap, between one half and the whole', () => {
    const backoff = { firstMs: 100, maxMs: 1000 }
    expect([0, 1, 2, 3, 4, 5000].map((attempt) => backoffMs(backoff, attempt, 0))).toEqual([50, 100, 200, 400, 500, 500])
    expect(backoffMs(backoff, 0, 0.5)).toBe(75)
    expect(backoffMs(backoff, 9, 1 - Number.EPSILON)).toBeCloseTo(1000)
  })
})
