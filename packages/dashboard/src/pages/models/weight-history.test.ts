import type { ModelView } from '@spark/contract/models'
import { describe, expect, it } from 'vitest'
import { weightHistory, weightShapes } from './weight-history.ts'

const of = (mean: number, deviation = 0.5) => ({ mean, deviation })
function learned(version: string, trainedAt: number, rsi: number): ModelView {
  const coefficients = { intercept: of(0), rsi: of(rsi), macd: of(-1), trend: of(2), a: of(0), kappa: of(1) }
  const counts = { labels: 200, labelsInAll: 200, undecided: 0, fromTs: 0, toTs: 1, keptShare: 0.95, weightChange: 0.1 }
  const prequential = { logLoss: 0.7, hits: 100, confidMean: 0.5 }
  const evidence = { ...counts, prequential, coefficients, wantedWeights: null, newtonSteps: { weights: 1, confidence: 1 } }
  return {
    version,
    hash: 'h',
    state: 'usable',
    aliases: [],
    underRollout: false,
    storedAt: 0,
    parent: null,
    featureVersion: 'v2.0',
    trainedAt,
    expiresAt: null,
    labelWindow: null,
    weights: { rsi: 0.4, macd: -0.2, trend: 0.4 },
    a: 0,
    kappa: 1,
    verdict: 'unproven',
    labels: 0,
    evidence,
  }
}

describe('the history of a weight', () => {
  it('holds learned versions only, oldest first, their posterior on the scale of the weights', () => {
    const untrained = { ...learned('first', 0, 1), evidence: null }
    expect(weightHistory([learned('b', 20, 1), learned('a', 10, 1), untrained], 'rsi')).toEqual([
      { version: 'a', trainedAt: 10, weight: 0.4, low: 0, high: 0.5 },
      { version: 'b', trainedAt: 20, weight: 0.4, low: 0, high: 0.5 },
    ])
    expect(weightHistory([learned('a', 10, 1)], 'macd')).toMatchObject([{ weight: -0.2, low: -0.5, high: 0 }])
  })

  it('fits its box, with 0 in it', () => {
    const points = weightHistory([learned('a', 10, 1), learned('b', 20, 3)], 'macd')
    const { dots, zero, top, bottom, band } = weightShapes(points, { width: 100, height: 50 })
    expect([top, bottom]).toEqual([0.1, -0.5])
    expect(zero).toBeCloseTo(8.3, 1)
    expect(dots).toEqual([
      { x: 0, y: 25 },
      { x: 100, y: 25 },
    ])
    expect(band.split(' ')).toHaveLength(4)
  })

  it('shows one version alone as a bar', () => {
    const { dots, band } = weightShapes(weightHistory([learned('a', 10, 1)], 'rsi'), { width: 100, height: 50 })
    expect(dots).toHaveLength(1)
    expect(band.split(' ')).toHaveLength(4)
  })
})
