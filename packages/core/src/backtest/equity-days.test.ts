import { describe, expect, it } from 'vitest'
import { addDay, DAY_MS, equityFigures, type EquityDays } from './equity-days.ts'

const days = (earned: readonly number[]): EquityDays => new Map(earned.map((value, day) => [day, value]))

describe('equity by day', () => {
  it('adds up the streams of a day and divides by their number', () => {
    const both: EquityDays = new Map()
    addDay(both, 3, 0.2)
    addDay(both, 3, 0.4)
    const { points, netReturn } = equityFigures(both, 2, 2, 5)
    expect(points.map(({ ts }) => ts / DAY_MS)).toEqual([2, 3, 4])
    expect(points.map(({ equity }) => Math.round(1000 * equity) / 1000)).toEqual([0, 0.3, 0.3])
    expect(netReturn).toBeCloseTo(0.3, 12)
  })

  it('knows the largest fall from a height, the start being one', () => {
    expect(equityFigures(days([-0.1, 0.3, -0.25, 0.1]), 1, 0, 4).maxDrawdown).toBeCloseTo(0.25, 12)
    expect(equityFigures(days([-0.1, -0.1]), 1, 0, 2).maxDrawdown).toBeCloseTo(0.2, 12)
  })

  it('gives a Sharpe ratio a year, and none for a month that is not full or where nothing moved', () => {
    const earned = Array.from({ length: 100 }, (_, day) => (day % 2 === 0 ? 0.02 : -0.01))
    expect(equityFigures(days(earned), 1, 0, 100).sharpe).toBeCloseTo((0.005 / 0.015) * Math.sqrt(365), 9)
    expect(equityFigures(days(earned), 1, 0, 29).sharpe).toBeNull()
    expect(equityFigures(new Map(), 1, 0, 100).sharpe).toBeNull()
  })
})
