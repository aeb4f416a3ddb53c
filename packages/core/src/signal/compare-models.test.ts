import { expect, it } from 'vitest'
import { compareModels } from './compare-models.ts'
import { ML_FUSION_1_2 } from './model.ts'

const trendOnly = { ...ML_FUSION_1_2, weights: { rsi: 0, macd: 0, trend: 1 } }

it('says what another model would have made of the same parts', () => {
  const parts = [
    { rsi: 0.9, macd: 0.9, trend: 0 },
    { rsi: 0.3, macd: 0.3, trend: 0.3 },
    { rsi: 0, macd: 0, trend: 0.9 },
  ]
  const confid = (score: number) => 1 / (1 + Math.exp(-3 * score))
  const compared = compareModels(ML_FUSION_1_2, trendOnly, parts, 0.55)
  expect(compared).toMatchObject({ rows: 3, decisionsChanged: 1 })
  expect(compared.confidMedian.now).toBeCloseTo(confid(0.3), 12)
  expect(compared.confidMedian.other).toBeCloseTo(confid(0.3), 12)
})

it('without rows says nothing', () => {
  expect(compareModels(ML_FUSION_1_2, trendOnly, [], 0.55)).toEqual({
    rows: 0,
    confidMedian: { now: null, other: null },
    decisionsChanged: 0,
  })
})
