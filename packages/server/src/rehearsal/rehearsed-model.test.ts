import { ML_FUSION_1_2, modelHash, type Model } from '@spark/core/signal/model'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../sha256.ts'
import { findModel, parseModelFile } from './rehearsed-model.ts'

const CANDIDATE: Model = { ...ML_FUSION_1_2, version: 'c', expiresAt: 100, labelWindow: { fromTs: 1, toTs: 2 }, parent: 'p' }

describe('a model of a file', () => {
  it('is the document as spark models shows it', () => {
    expect(parseModelFile(JSON.stringify(CANDIDATE), 'c.json')).toEqual({ model: CANDIDATE })
  })

  it.each([
    [{ ...CANDIDATE, weights: { rsi: 1, macd: 1, trend: 0 } }, 'c.json:1: absolute weights sum to 2, not 1'],
    [{ ...CANDIDATE, featureVersion: 'v9' }, 'it reads features v9, this build has'],
    [{ ...CANDIDATE, kappa: '3' }, 'kappa is "3"; it must be a number'],
    [{ ...CANDIDATE, extra: 1 }, 'extra'],
    [[], 'c.json:1:'],
  ])('that cannot be scored with is refused with its place: %#', (document, problem) => {
    expect(parseModelFile(JSON.stringify(document), 'c.json')).toMatchObject({ problems: [expect.stringContaining(problem)] })
  })
})

describe('a stored model', () => {
  const storeOf = (hash: string) => ({ get: async () => ({ version: 'c', document: CANDIDATE, hash, createdAt: 0 }) })
  const intact = storeOf(modelHash(CANDIDATE, sha256))
  it('is rehearsed unless a rollout could not begin with it', async () => {
    expect(await findModel(intact, 'c', 99)).toEqual({ model: CANDIDATE })
    expect(await findModel(intact, 'c', 100)).toEqual({ refused: 'expired' })
    expect(await findModel(storeOf('x'), 'c', 99)).toEqual({ refused: 'damaged' })
    expect(await findModel({ get: async () => null }, 'c', 99)).toEqual({ refused: 'unknown' })
  })
})
