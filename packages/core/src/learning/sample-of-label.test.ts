import { describe, expect, it } from 'vitest'
import type { ScoredDecision } from '../calibration/label-stream.ts'
import { createLabelQueue, pushDecision, pushLabelCandle, type Label } from '../calibration/labels.ts'
import { createRandom, randomNormal, randomUniform } from '../stats/random.ts'
import { sampleOfLabel } from './sample-of-label.ts'

const BTC = { symbol: 'BTCUSDT', tf: '1h' } as const
const HOUR = 3_600_000
const parts = { rsi: 0.1, macd: 0.2, trend: 0.3 }

/** Labels of both directions at each candle of a walk, with gaps between close and open. */
function labels(rule: { profitAtrs: number; stopAtrs: number }): { long: Label<ScoredDecision>; short: Label<ScoredDecision> }[] {
  const random = createRandom(8)
  const costs = { ...rule, expiryCandles: 4, costRate: 0.002 }
  const [long, short] = [createLabelQueue<ScoredDecision>('1h', costs), createLabelQueue<ScoredDecision>('1h', costs)]
  const due: { long: Label<ScoredDecision>[]; short: Label<ScoredDecision>[] } = { long: [], short: [] }
  let price = 100
  for (let at = 0; at < 3000; at += 1) {
    const o = price * (1 + 0.002 * randomNormal(random))
    const c = o * (1 + 0.008 * randomNormal(random))
    const [h, l] = [Math.max(o, c) * (1 + 0.01 * randomUniform(random)), Math.min(o, c) * (1 - 0.01 * randomUniform(random))]
    price = c
    const candle = { ts: at * HOUR, o, h, l, c, v: 1 }
    due.long.push(...pushLabelCandle(long, candle))
    due.short.push(...pushLabelCandle(short, candle))
    const decision = { ts: candle.ts, confid: 0.5, atr: 0.015 * c, parts }
    pushDecision(long, { ...decision, direction: 1 })
    pushDecision(short, { ...decision, direction: -1 })
  }
  return due.long.flatMap((one) => {
    const other = due.short.find(({ ts }) => ts === one.ts)
    return other === undefined ? [] : [{ long: one, short: other }]
  })
}

describe('a sample of one label', () => {
  it('knows what the label of the other direction says, whichever it is made from', () => {
    const both = labels({ profitAtrs: 1, stopAtrs: 1 })
    expect(both.length).toBeGreaterThan(2900)
    expect(new Set(both.map(({ long }) => `${long.outcome} ${long.ambiguous}`)).size).toBe(4)
    for (const { long, short } of both) {
      const expected = { stream: 'BTCUSDT-1h', symbol: 'BTCUSDT', ts: long.ts, longHit: long.hit, shortHit: short.hit, parts }
      expect(sampleOfLabel(BTC, long)).toMatchObject(expected)
      expect(sampleOfLabel(BTC, short)).toMatchObject(expected)
    }
  })

  it('is none where the barriers are not equally far', () => {
    for (const { long } of labels({ profitAtrs: 2, stopAtrs: 1 }).slice(0, 10)) expect(sampleOfLabel(BTC, long)).toBeNull()
  })
})
