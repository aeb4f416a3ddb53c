import { describe, expect, it } from 'vitest'
import { createRandom, randomNormal } from '../stats/random.ts'
import { addOutcome, addScore, createPartSums, partFigures, type PartSums } from './parts.ts'

const THIRDS = { rsi: 1 / 3, macd: 1 / 3, trend: 1 / 3 }

describe('signal parts', () => {
  it('share what is said: a third each when they are equally loud, whatever their sign', () => {
    const sums = createPartSums()
    addScore(sums, THIRDS, { rsi: 0.5, macd: -0.5, trend: 0.5 })
    addScore(sums, { ...THIRDS, rsi: -1 / 3 }, { rsi: -0.1, macd: 0.1, trend: 0.1 })
    const { shares, dominant, scores } = partFigures(sums)
    for (const share of Object.values(shares ?? {})) expect(share).toBeCloseTo(1 / 3, 12)
    expect([dominant, scores]).toEqual([null, 2])
  })
  it('are dominant above 60 %, by weight and loudness together', () => {
    const sums = createPartSums()
    addScore(sums, { rsi: 0.2, macd: 0.2, trend: 0.6 }, { rsi: 0.5, macd: 0.5, trend: 0.5 })
    expect(partFigures(sums)).toMatchObject({ shares: { trend: 0.6 }, dominant: null })
    addScore(sums, { rsi: 0.2, macd: 0.2, trend: 0.6 }, { rsi: 0, macd: 0, trend: 0.1 })
    expect(partFigures(sums).dominant).toBe('trend')
  })
  it('correlate with each other over scores, and with the price move over labels', () => {
    const random = createRandom(1)
    const sums = createPartSums()
    for (let row = 0; row < 2000; row += 1) {
      const [rsi, other] = [randomNormal(random) / 4, randomNormal(random) / 4]
      const parts = { rsi, macd: rsi, trend: other }
      addScore(sums, THIRDS, parts)
      addOutcome(sums, parts, -0.01 * other)
    }
    const { correlations, withOutcome, labels } = partFigures(JSON.parse(JSON.stringify(sums)) as PartSums)
    expect(correlations.rsi.macd).toBeCloseTo(1, 12)
    expect(Math.abs(correlations.rsi.trend ?? 1)).toBeLessThan(0.07)
    expect(withOutcome.trend).toBeCloseTo(-1, 12)
    expect(Math.abs(withOutcome.rsi ?? 1)).toBeLessThan(0.07)
    expect(labels).toBe(2000)
  })
  it('say nothing before there is a score', () => {
    const { shares, dominant, correlations, withOutcome } = partFigures(createPartSums())
    expect([shares, dominant, correlations.rsi.macd, withOutcome.trend]).toEqual([null, null, null, null])
  })
})
