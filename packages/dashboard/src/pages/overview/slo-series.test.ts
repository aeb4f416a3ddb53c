import { expect, it } from 'vitest'
import { scaleOf, sloLimits, sloState, windowSeconds } from './slo-series.ts'

it('both limits stand inside a scale that no data moves', () => {
  for (const { good, critical } of Object.values(sloLimits(undefined))) {
    const { min, max } = scaleOf(critical)
    expect([min, good, critical, max].toSorted((a, b) => a - b)).toEqual([min, good, critical, max])
  }
})

it('what equals a limit is not beyond it', () => {
  const limits = { good: 30, critical: 60 }
  expect([30, 30.1, 60, 60.1, null].map((value) => sloState(value, limits))).toEqual([
    'ok',
    'warning',
    'warning',
    'critical',
    'no_data',
  ])
})

it('reads the length of a window', () => {
  expect(['15m', '4h', '90d'].map(windowSeconds)).toEqual([900, 14_400, 7_776_000])
})
