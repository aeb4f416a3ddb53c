import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveModel, ML_FUSION_1_2, modelHash, modelProblem, parseWeights, type Model, type Weights } from './model.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function derived(weights: Weights, parent = ML_FUSION_1_2): Model {
  const result = deriveModel(parent, weights, sha256)
  if (!result.ok) throw new Error(result.problem)
  return result.model
}

describe('ml-fusion-1.2', () => {
  it('is valid, frozen, and has the hash it was published with', () => {
    expect(modelProblem(ML_FUSION_1_2)).toBeNull()
    expect(Object.isFrozen(ML_FUSION_1_2) && Object.isFrozen(ML_FUSION_1_2.weights) && Object.isFrozen(ML_FUSION_1_2.gains)).toBe(
      true,
    )
    expect(modelHash(ML_FUSION_1_2, sha256)).toBe('ba717e80d5b1bf7c4bff2c8070b0aac705b0a90c3ccfc4f43796ddf1501d2c55')
  })
  it('has another hash after any change, and the same after a trip through JSON in another order', () => {
    expect(modelHash({ ...ML_FUSION_1_2, kappa: 3.0000000000000004 }, sha256)).not.toBe(modelHash(ML_FUSION_1_2, sha256))
    const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(ML_FUSION_1_2)) as object).toReversed())
    expect(modelHash(turned as unknown as Model, sha256)).toBe(modelHash(ML_FUSION_1_2, sha256))
  })
})

describe('modelProblem', () => {
  it('names what cannot be scored with', () => {
    const { weights, gains } = ML_FUSION_1_2
    const broken: Partial<Model>[] = [
      { version: '' },
      { version: 'a b' },
      { featureVersion: 'v1.0' },
      { weights: { ...weights, rsi: Number.NaN } },
      { weights: { ...weights, rsi: 0.34 } },
      { a: Number.NaN },
      { kappa: Number.POSITIVE_INFINITY },
      { a: 20, kappa: 11 },
      { gains: { ...gains, macd: 0 } },
      { gains: { ...gains, trend: Number.NaN } },
    ]
    for (const change of broken) expect(modelProblem({ ...ML_FUSION_1_2, ...change })).not.toBeNull()
  })
  it('allows negative weights and a sum that is 1 within 1e-9', () => {
    expect(modelProblem({ ...ML_FUSION_1_2, weights: { rsi: -0.5, macd: 0.25, trend: -0.25 } })).toBeNull()
    expect(modelProblem({ ...ML_FUSION_1_2, weights: { rsi: 0.5, macd: 0.25, trend: 0.25 + 9e-10 } })).toBeNull()
    expect(modelProblem({ ...ML_FUSION_1_2, weights: { rsi: 0.5, macd: 0.25, trend: 0.25 + 2e-9 } })).not.toBeNull()
  })
})

describe('deriveModel', () => {
  it('makes exact thirds of equal weights, however rounded', () => {
    for (const text of ['0.33,0.33,0.33', '0.333,0.333,0.333', '1,1,1', '0.1,0.1,0.1']) {
      expect(derived(parseWeights(text) as Weights).weights).toStrictEqual(ML_FUSION_1_2.weights)
    }
  })
  it('names parent and weights in its version: other weights, other name; same weights, same name', () => {
    const one = derived({ rsi: 0.4, macd: 0.4, trend: 0.2 })
    expect(one.version).toMatch(/^ml-fusion-1\.2\+w\.[0-9a-f]{8}$/)
    expect(one.parent).toBe('ml-fusion-1.2')
    expect(derived({ rsi: 4, macd: 4, trend: 2 }).version).toBe(one.version)
    expect(derived({ rsi: 0.4, macd: 0.2, trend: 0.4 }).version).not.toBe(one.version)
  })
  it('of a derived model keeps the base name and names its own parent', () => {
    const parent = derived({ rsi: 1, macd: 0, trend: 0 })
    const child = derived({ rsi: 0, macd: 1, trend: 0 }, parent)
    expect(child.version).toMatch(/^ml-fusion-1\.2\+w\.[0-9a-f]{8}$/)
    expect(child.parent).toBe(parent.version)
  })
  it('of any weights is a valid, frozen model with their signs and proportions, or is refused', () => {
    const weight = fc.oneof(fc.double(), fc.constantFrom(0, -0, 5e-324, 1.7e308, -1.7e308))
    fc.assert(
      fc.property(weight, weight, weight, (rsi, macd, trend) => {
        const result = deriveModel(ML_FUSION_1_2, { rsi, macd, trend }, sha256)
        const given = [rsi, macd, trend]
        expect(result.ok).toBe(given.every((value) => Number.isFinite(value)) && given.some((value) => value !== 0))
        if (!result.ok) return
        expect(modelProblem(result.model)).toBeNull()
        expect(Object.isFrozen(result.model) && Object.isFrozen(result.model.weights)).toBe(true)
        const scaled = [result.model.weights.rsi, result.model.weights.macd, result.model.weights.trend]
        for (const [index, value] of scaled.entries()) {
          expect(value).not.toBe(-0)
          expect(value * (given[index] ?? Number.NaN) >= 0).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('parseWeights', () => {
  it('reads three plain numbers', () => {
    expect(parseWeights(' 0.5, -.25 ,1')).toEqual({ rsi: 0.5, macd: -0.25, trend: 1 })
  })
  it('refuses anything else', () => {
    for (const text of ['', '1,1', '1,1,1,1', '1,,1', 'a,1,1', '1e3,1,1', 'NaN,1,1', '0x1,1,1', 'Infinity,1,1']) {
      expect(parseWeights(text)).toBeNull()
    }
  })
})
