import { describe, expect, it } from 'vitest'
import { createIndicatorSet, pushCandle } from '../indicators/indicator-set.ts'
import type { Candle } from '../market/candle.ts'
import { WARM_UP_CANDLES } from '../market/gap.ts'
import { fuse } from '../signal/fuse.ts'
import { ML_FUSION_1_2, type Model } from '../signal/model.ts'
import { createRandom, randomNormal } from '../stats/random.ts'
import { baselineDecision } from '../trading/decide-position.ts'
import { BASELINE, createLabelStream, pushStreamCandle, type LabelStream, type ModelLabel } from './label-stream.ts'
import { DEFAULT_BARRIERS } from './labels.ts'

const HOUR = 3_600_000
const RULE = { ...DEFAULT_BARRIERS, costRate: 0.001 }
const OTHER: Model = { ...ML_FUSION_1_2, version: 'other', weights: { rsi: 0, macd: 0, trend: -1 }, kappa: 5 }

function walk(seed: number, count: number): Candle[] {
  const random = createRandom(seed)
  let close = 100
  return Array.from({ length: count }, (_, index) => {
    const o = close
    close = o * Math.exp(0.005 * randomNormal(random))
    return { ts: index * HOUR, o, h: Math.max(o, close) * 1.001, l: Math.min(o, close) * 0.999, c: close, v: 1 }
  })
}

function labelAll(stream: LabelStream, candles: readonly Candle[], models: readonly Model[]): ModelLabel[] {
  return candles.flatMap((candle) => pushStreamCandle(stream, candle, { models, rule: RULE }))
}

describe('a labelled stream', () => {
  const candles = walk(1, 400)

  it('decides as the models and the baseline do, on the same candles, from the 250th on', () => {
    const labels = labelAll(createLabelStream('1h'), candles, [ML_FUSION_1_2, OTHER])
    const set = createIndicatorSet('1h')
    const rows = new Map(candles.map((candle) => [candle.ts, { candle, values: pushCandle(set, candle) }]))
    expect(Math.min(...labels.map(({ label }) => label.ts))).toBe((WARM_UP_CANDLES - 1) * HOUR)
    expect(new Set(labels.map(({ model }) => model))).toEqual(new Set([BASELINE, 'ml-fusion-1.2', 'other']))
    for (const { model, label } of labels) {
      const row = rows.get(label.ts)
      if (row === undefined || row.values === null) throw new Error('no row')
      expect(label.atr).toBe(row.values.atr_14)
      if (model === BASELINE) {
        expect([label.direction, label.confid]).toEqual([baselineDecision(row.values), 0.5])
        continue
      }
      const { score, confid, parts } = fuse(model === 'other' ? OTHER : ML_FUSION_1_2, { ...row.candle, ...row.values })
      expect(label).toMatchObject({ direction: Math.sign(score), confid, parts })
    }
  })
  it('gives a model that is no longer asked for the labels of what it decided, then forgets it', () => {
    const stream = createLabelStream('1h')
    labelAll(stream, candles.slice(0, 300), [ML_FUSION_1_2, OTHER])
    const later = labelAll(stream, candles.slice(300), [ML_FUSION_1_2]).filter(({ model }) => model === 'other')
    expect(Math.max(...later.map(({ label }) => label.ts))).toBe(299 * HOUR)
    expect(Object.keys(stream.queues).toSorted()).toEqual([BASELINE, 'ml-fusion-1.2'])
  })
  it('goes on from its JSON', () => {
    const [whole, cut] = [createLabelStream('1h'), createLabelStream('1h')]
    const expected = labelAll(whole, candles, [ML_FUSION_1_2])
    const first = labelAll(cut, candles.slice(0, 333), [ML_FUSION_1_2])
    const second = labelAll(JSON.parse(JSON.stringify(cut)) as LabelStream, candles.slice(333), [ML_FUSION_1_2])
    expect([...first, ...second]).toEqual(expected)
  })
  it('decides nothing where a candle does not move: there is neither score nor barrier', () => {
    const flat = candles.map(({ ts }) => ({ ts, o: 100, h: 100, l: 100, c: 100, v: 0 }))
    expect(labelAll(createLabelStream('1h'), flat, [ML_FUSION_1_2])).toEqual([])
  })
})
