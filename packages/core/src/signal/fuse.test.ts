import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuse, type FusedFeatures } from './fuse.ts'
import { ML_FUSION_1_2, type Model } from './model.ts'

const ROW: FusedFeatures = { h: 105, l: 95, c: 100, rsi_14: 75, macd_hist: 1, ema_20: 101, ema_50: 100, atr_14: 2 }

const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true })
const price = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true })
const rows: fc.Arbitrary<FusedFeatures> = fc
  .record({
    prices: fc.tuple(price, price, price),
    rsi_14: fc.double({ min: 0, max: 100, noNaN: true }),
    macd_hist: anyNumber,
    ema_20: anyNumber,
    ema_50: anyNumber,
    atr_14: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
  })
  .map(({ prices, ...indicators }) => {
    const [l, c, h] = prices.sort((a, b) => a - b)
    return { l, c, h, ...indicators }
  })
const weight = fc.double({ min: -1, max: 1, noNaN: true })
const models: fc.Arbitrary<Model> = fc
  .tuple(weight, weight, weight, fc.double({ min: -5, max: 5, noNaN: true }))
  .filter(([x, y, z]) => Math.abs(x) + Math.abs(y) + Math.abs(z) > 0.001)
  .map(([x, y, z, a]) => {
    const sum = Math.abs(x) + Math.abs(y) + Math.abs(z)
    return { ...ML_FUSION_1_2, a, weights: { rsi: x / sum, macd: y / sum, trend: z / sum } }
  })

describe('the formula', () => {
  it('is the one of the spec', () => {
    const { parts, score, confid } = fuse(ML_FUSION_1_2, ROW)
    expect(parts).toEqual({ rsi: 0.5, macd: Math.tanh(0.6), trend: Math.tanh(0.11) })
    expect(score).toBeCloseTo((0.5 + Math.tanh(0.6) + Math.tanh(0.11)) / 3, 15)
    expect(confid).toBeCloseTo(1 / (1 + Math.exp(-3 * score)), 15)
  })
  it('without ATR, or with one of 0, takes the reach of the candle', () => {
    const expected = fuse(ML_FUSION_1_2, { ...ROW, atr_14: 10 })
    expect(fuse(ML_FUSION_1_2, { ...ROW, atr_14: null })).toEqual(expected)
    expect(fuse(ML_FUSION_1_2, { ...ROW, atr_14: 0 })).toEqual(expected)
  })
  it('without ATR and reach takes a ten-thousandth of the close', () => {
    const expected = fuse(ML_FUSION_1_2, { ...ROW, atr_14: 0.0001 * 100 })
    expect(fuse(ML_FUSION_1_2, { ...ROW, atr_14: null, h: 100, l: 100 })).toEqual(expected)
  })
  it('of a row that says nothing is score 0 and confid 0.5', () => {
    const nothing = { ...ROW, rsi_14: 50, macd_hist: -0, ema_20: 100 }
    expect(fuse(ML_FUSION_1_2, nothing)).toStrictEqual({ parts: { rsi: 0, macd: 0, trend: 0 }, score: 0, confid: 0.5 })
  })
  it('gives ml-fusion-1.2 a confid of at most 0.953', () => {
    const loudest = { ...ROW, rsi_14: 100, macd_hist: 1e9, ema_20: 1e9, ema_50: 0 }
    expect(fuse(ML_FUSION_1_2, loudest)).toEqual({
      parts: { rsi: 1, macd: 1, trend: 1 },
      score: 1,
      confid: 1 / (1 + Math.exp(-3)),
    })
  })
})

describe('for every valid row and model', () => {
  it('parts and score are in [-1, 1], confid in (0, 1), and nothing is -0', () => {
    fc.assert(
      fc.property(models, rows, (model, row) => {
        const { parts, score, confid } = fuse(model, row)
        for (const value of [parts.rsi, parts.macd, parts.trend, score]) {
          expect(value >= -1 && value <= 1).toBe(true)
          expect(value).not.toBe(-0)
        }
        expect(confid > 0 && confid < 1).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
  it('negated weights negate the score and keep the confid', () => {
    fc.assert(
      fc.property(models, rows, (model, row) => {
        const { rsi, macd, trend } = model.weights
        const plain = fuse(model, row)
        const negated = fuse({ ...model, weights: { rsi: -rsi, macd: -macd, trend: -trend } }, row)
        expect(negated.score === -plain.score).toBe(true)
        expect(negated.confid).toBe(plain.confid)
        expect(negated.parts).toStrictEqual(plain.parts)
      }),
    )
  })
  it('the mirrored market has the mirrored score', () => {
    fc.assert(
      fc.property(models, rows, fc.integer({ min: 0, max: 100 }), (model, row, rsi) => {
        const { ema_20, ema_50, macd_hist } = row
        const up = fuse(model, { ...row, rsi_14: rsi })
        const down = fuse(model, { ...row, rsi_14: 100 - rsi, macd_hist: -macd_hist, ema_20: ema_50, ema_50: ema_20 })
        expect(down.score === -up.score).toBe(true)
      }),
    )
  })
  it('the scale of prices does not matter: a coin priced in another unit has the same score', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: -30, max: 30 }), (model, exponent) => {
        const unit = 2 ** exponent
        const scaled = Object.fromEntries(
          Object.entries(ROW).map(([key, value]) => [key, key === 'rsi_14' ? value : Number(value) * unit]),
        )
        expect(fuse(model, { ...ROW, ...scaled })).toStrictEqual(fuse(model, ROW))
      }),
    )
  })
})
