import type { ModelComparison, ModelView } from '@spark/contract/models'
import { describe, expect, it } from 'vitest'
import { comparisonText, modelListText, modelText } from './model-text.ts'

const MODEL: ModelView = {
  version: 'm+l.1',
  hash: 'abc',
  state: 'usable',
  aliases: ['challenger'],
  underRollout: true,
  storedAt: 0,
  parent: 'm',
  featureVersion: 'v2.0',
  trainedAt: 0,
  expiresAt: null,
  labelWindow: { fromTs: 0, toTs: 3_600_000 },
  weights: { rsi: 0.5, macd: -0.25, trend: 0.25 },
  a: 0.1,
  kappa: 2,
  verdict: 'loses_after_costs',
  labels: 300,
  evidence: null,
}
const estimate = { mean: 0.1, low: -0.1, high: 0.3 }
const NONE: ModelComparison = {
  first: { model: 'm+l.1', netReturn: null, hitRate: null },
  second: { model: 'm', netReturn: null, hitRate: null },
  labels: 0,
  rounds: 0,
  fromTs: null,
  toTs: null,
  difference: null,
  better: null,
  labelsToTell: null,
  full: false,
}
const SOME = { ...NONE, labels: 240, rounds: 60, fromTs: 0, toTs: 1, difference: estimate }

describe('models in words', () => {
  it('a row says what points at it, its state, weights and verdict', () => {
    expect(modelListText([MODEL])).toContain(
      'm+l.1    challenger, under rollout  usable  1970-01-01T00:00  never    0.500 -0.250 0.250  loses after costs, 300 labels',
    )
  })

  it('a damaged one shows no numbers', () => {
    const damaged = { ...MODEL, state: 'damaged' as const, weights: null, a: null, kappa: null, labelWindow: null }
    expect(modelText(damaged)).toContain('weights (rsi macd trend) -, a -, kappa -')
  })

  it('an update tells its labels and the posterior of its coefficients', () => {
    const of = (mean: number) => ({ mean, deviation: 0.5 })
    const coefficients = { intercept: of(0), rsi: of(-1), macd: of(1), trend: of(2), a: of(0), kappa: of(3) }
    const steps = { weights: 4, confidence: 4 }
    const prequential = { logLoss: 0.69, hits: 120, confidMean: 0.55 }
    const counts = { labels: 200, labelsInAll: 400, undecided: 10, fromTs: 0, toTs: 1, keptShare: 0.95 }
    const evidence = { ...counts, prequential, coefficients, wantedWeights: null, weightChange: 0.15, newtonSteps: steps }
    const text = modelText({ ...MODEL, evidence })
    expect(text).toContain('update: 200 labels (400 in all, 10 undecided), weights moved by 0.150')
    expect(text).toMatch(/rsi +-1\.000 +-2\.000 to 0\.000/)
  })

  it('a comparison without labels has no figure; with labels it says who earns more, or how many are missing', () => {
    expect(comparisonText(NONE)).toBe(
      'm+l.1 and m: no label that both have, so there is no figure. Champion, challenger, shadow and the model of a rollout are labelled.',
    )
    expect(comparisonText({ ...SOME, better: 'second' })).toContain('m earns more, beyond chance.')
    expect(comparisonText({ ...SOME, labelsToTell: 900 })).toContain('before about 900 labels.')
    expect(comparisonText({ ...SOME, full: true })).toContain(
      'It cannot be told which earns more, and no later label is looked at.',
    )
    expect(comparisonText(SOME)).toContain('there is nothing to be seen yet')
  })
})
