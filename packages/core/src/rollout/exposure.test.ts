import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decimal } from '../trading/decimal.ts'
import { exposedCount, rankMembers, type Member } from './exposure.ts'

const member = (strategyId: string, capital = '1000', canary = false): Member => ({ strategyId, capital, canary })
const members = fc.uniqueArray(
  fc.record({
    strategyId: fc.string({ minLength: 1, unit: 'grapheme' }),
    // Skewed: from a cent to a billion.
    capital: fc
      .tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: -2, max: 6 }))
      .map(([n, e]) => new Decimal(10).pow(e).times(n).toString()),
    canary: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, selector: ({ strategyId }) => strategyId },
)

describe('exposure', () => {
  it('takes the canary stream first, and ten percent of 120 equal strategies are the twelve on it', () => {
    const all = Array.from({ length: 120 }, (_, at) => member(`s${at}`, '1000', at >= 100 && at < 112))
    const ranked = rankMembers('r1', all)
    expect(exposedCount(ranked, 0.1)).toBe(12)
    expect(ranked.slice(0, 12).every(({ canary }) => canary)).toBe(true)
    expect(exposedCount(ranked, 0.5)).toBe(60)
    expect(exposedCount(ranked, 1)).toBe(120)
    expect(exposedCount(ranked, 0)).toBe(0)
  })

  it('one strategy with half of the capital keeps a tenth from beginning with it', () => {
    expect(exposedCount([member('whale', '1000000'), ...Array.from({ length: 19 }, (_, at) => member(`s${at}`))], 0.1)).toBe(0)
  })

  it('another rollout has another order', () => {
    const all = Array.from({ length: 50 }, (_, at) => member(`s${at}`))
    expect(rankMembers('r1', all)).not.toEqual(rankMembers('r2', all))
  })

  it('for any capital: never more than the share of strategies and capital, and only growing with the share', () => {
    fc.assert(
      fc.property(
        members,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 5 }),
        (all, shares) => {
          const ranked = rankMembers('any', all)
          expect(new Set(ranked.map(({ strategyId }) => strategyId)).size).toBe(all.length)
          expect(rankMembers('any', all.toReversed())).toEqual(ranked)
          const sum = (some: readonly Member[]) => some.reduce((total, { capital }) => total.plus(capital), new Decimal(0))
          let before = 0
          for (const share of [...shares].sort((a, b) => a - b)) {
            const count = exposedCount(ranked, share)
            expect(count).toBeGreaterThanOrEqual(before)
            expect(new Decimal(count).lte(new Decimal(share).times(ranked.length))).toBe(true)
            expect(sum(ranked.slice(0, count)).lte(sum(ranked).times(share))).toBe(true)
            before = count
          }
          expect(exposedCount(ranked, 1)).toBe(ranked.length)
        },
      ),
    )
  })
})
