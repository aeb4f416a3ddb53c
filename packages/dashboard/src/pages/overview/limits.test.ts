import { expect, it } from 'vitest'
import { limitState, usedShare } from './limits.ts'

it('what is used of a limit is a share of it; none where nothing is counted or there is no limit', () => {
  expect(usedShare({ limit: '6000', used: '1500' })).toBe(0.25)
  expect(usedShare({ limit: null, used: '1500' })).toBeNull()
  expect(usedShare({ limit: '5', used: null })).toBeNull()
  expect(usedShare({ limit: 'BTCUSDT', used: 'BTCUSDT' })).toBeNull()
})

it('a strategy that uses its whole capital is normal, also when its fill took a little more', () => {
  expect(limitState('maxStrategyNotional', 1)).toBe('ok')
  expect(limitState('maxStrategyNotional', 1.002)).toBe('ok')
  expect(limitState('maxTotalNotional', 1.1)).toBe('warning')
})

it('a loss near the limit that pauses strategies warns, and is critical at it', () => {
  expect([0.79, 0.8, 0.999, 1].map((share) => limitState('maxDailyLoss', share))).toEqual([
    'ok',
    'warning',
    'warning',
    'critical',
  ])
  expect(limitState('maxDrawdownPercent', 1.2)).toBe('critical')
})
