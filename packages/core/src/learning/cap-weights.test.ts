import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeWeights, type Weights } from '../signal/model.ts'
import { capWeights, weightDistance } from './cap-weights.ts'

const side = fc.double({ min: -1, max: 1, noNaN: true })
const anyWeights: fc.Arbitrary<Weights> = fc
  .record({ rsi: side, macd: side, trend: side })
  .map((given) => normalizeWeights(given))
  .filter((weights) => weights !== null)
const absoluteSum = ({ rsi, macd, trend }: Weights) => Math.abs(rsi) + Math.abs(macd) + Math.abs(trend)
const third = { rsi: 1 / 3, macd: 1 / 3, trend: 1 / 3 }

describe('capped weights', () => {
  it('are the wanted ones when these are near enough', () => {
    const wanted = { rsi: 0.3, macd: 0.35, trend: 0.35 }
    expect(capWeights(third, wanted, 0.15)).toBe(wanted)
  })

  it('move exactly the cap towards weights further away, with an absolute sum of 1', () => {
    fc.assert(
      fc.property(anyWeights, anyWeights, (now, wanted) => {
        fc.pre(weightDistance(now, wanted) > 0.15)
        const capped = capWeights(now, wanted, 0.15)
        expect(weightDistance(now, capped)).toBeCloseTo(0.15, 6)
        expect(weightDistance(now, capped)).toBeLessThanOrEqual(0.15 + 1e-9)
        expect(absoluteSum(capped)).toBeCloseTo(1, 12)
      }),
    )
  })

  it('reach any weights in the end, the opposite too', () => {
    let now: Weights = third
    const wanted = { rsi: -1 / 3, macd: -1 / 3, trend: -1 / 3 }
    let weeks = 0
    for (; weightDistance(now, wanted) > 1e-9 && weeks < 100; weeks += 1) now = capWeights(now, wanted, 0.15)
    expect(now).toEqual(wanted)
    expect(weeks).toBeGreaterThanOrEqual(Math.ceil(2 / 0.15))
  })
})
