import { expect, it } from 'vitest'
import { historyLines } from './history-lines.ts'
import { labelsMissing } from './labels-missing.ts'
import { diagram } from './reliability-diagram.ts'

it('says how many labels are missing', () => {
  expect([0, 63, 100, 5000].map(labelsMissing)).toEqual([100, 37, 0, 0])
})

it('the verdict over time is drawn with zero in it, from two moments on', () => {
  const item = (at: number, mean: number) => ({
    at,
    verdict: 'unproven' as const,
    labels: at,
    netReturn: { mean, low: mean - 0.5, high: mean + 0.5 },
  })
  expect(historyLines([])).toBeNull()
  expect(historyLines([item(1, 1)])).toBeNull()
  const lines = historyLines([item(0, 1), item(10, 0.9)])
  expect(lines).toMatchObject({ low: 0, high: 1.5, zero: 'M4 196.0H596' })
  expect(lines?.mean).toBe('M4.0 68.0L596.0 80.8')
})

it('a point of the diagram stands at its confidence and hit rate, its fit as steps that never fall', () => {
  const point = { bucket: 0.5, labels: 40, meanConfid: 0.5, hitRate: 0.25, low: 0, high: 0.75, fitted: 0.25 }
  const { dots, steps } = diagram([point, { ...point, bucket: 0.6, labels: 5, meanConfid: 0.6, fitted: 0.5, hitRate: 0.5 }])
  expect(dots[0]).toMatchObject({ x: 172, y: 220, low: 290, high: 80, few: false })
  expect(dots[1]).toMatchObject({ few: true })
  expect(steps).toBe('M172 220L200 220L200 150')
})
