import { describe, expect, it } from 'vitest'
import { differs, earnedOf } from './earned.ts'

const profits = (arm: 'ml' | 'baseline', ...values: number[]) => values.map((value) => ({ arm, realized: String(value) }))

describe('what an arm earned', () => {
  it('is the sum of its strategies, with the uncertainty of their mean', () => {
    const earned = earnedOf([...profits('ml', 1, 2, 3), ...profits('baseline', 50)], 'ml')
    expect(earned).toMatchObject({ count: 3, sum: 6, mean: 2 })
    // 1.96 × standard deviation 1 / √3
    expect(earned?.meanPlusMinus).toBeCloseTo(1.1316, 4)
  })

  it('is unknown before it closed something, and without uncertainty after one strategy did', () => {
    expect(earnedOf(profits('ml', 1), 'baseline')).toBe(null)
    expect(earnedOf(profits('ml', 1), 'ml')?.meanPlusMinus).toBe(null)
  })

  it('differs from the other only by more than chance explains', () => {
    const arm = (...values: number[]) => earnedOf(profits('ml', ...values), 'ml') as NonNullable<ReturnType<typeof earnedOf>>
    expect(differs(arm(1, 2, 3), arm(2, 3, 4))).toBe(false)
    expect(differs(arm(1, 2, 3), arm(7, 8, 9))).toBe(true)
    expect(differs(arm(1), arm(9))).toBe(false)
  })
})
