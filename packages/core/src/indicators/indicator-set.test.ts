import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Candle } from '../market/candle.ts'
import { GAP_RESTART_CANDLES, WARM_UP_CANDLES } from '../market/gap.ts'
import { createRandom, randomUniform } from '../stats/random.ts'
import { createIndicatorSet, isWarm, peekCandle, pushCandle, restoreIndicatorSet, type IndicatorSet } from './indicator-set.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2024, 0, 1)

function candlesFrom(seed: number, count: number, startMs = START_MS): Candle[] {
  const random = createRandom(seed)
  let close = 50 + 1000 * randomUniform(random)
  return Array.from({ length: count }, (_, index) => {
    const o = close
    close = o * (0.99 + 0.02 * randomUniform(random))
    const h = Math.max(o, close) * 1.001
    return { ts: startMs + index * MINUTE_MS, o, h, l: Math.min(o, close) * 0.999, c: close, v: 1 }
  })
}

function pushAll(set: IndicatorSet, candles: Candle[]): ReturnType<typeof pushCandle>[] {
  return candles.map((candle) => pushCandle(set, candle))
}

describe('warm-up', () => {
  it('has values from the 250th candle on, and peek agrees', () => {
    const set = createIndicatorSet('1m')
    for (const [index, candle] of candlesFrom(1, 300).entries()) {
      const warm = index + 1 >= WARM_UP_CANDLES
      expect(isWarm(set)).toBe(warm)
      expect(peekCandle(set, candle) !== null).toBe(warm)
      expect(pushCandle(set, candle) !== null).toBe(warm)
    }
  })
  it('goes on after a gap of 24 candles and starts again after one of 25', () => {
    const before = candlesFrom(2, 260)
    const lastTs = before.at(-1)?.ts ?? 0
    const after = (missing: number) => candlesFrom(3, 250, lastTs + (missing + 1) * MINUTE_MS)
    const kept = createIndicatorSet('1m')
    pushAll(kept, before)
    expect(pushAll(kept, after(GAP_RESTART_CANDLES))[0]).not.toBeNull()
    const restarted = createIndicatorSet('1m')
    pushAll(restarted, before)
    const values = pushAll(restarted, after(GAP_RESTART_CANDLES + 1))
    expect(values.slice(0, 249).every((value) => value === null)).toBe(true)
    // After the restart nothing is left of what came before.
    expect(values[249]).toEqual(pushAll(createIndicatorSet('1m'), after(GAP_RESTART_CANDLES + 1))[249])
  })
  it('peeks null at a candle after a long gap, without restarting', () => {
    const set = createIndicatorSet('1m')
    const candles = candlesFrom(4, 251)
    pushAll(set, candles.slice(0, 250))
    const late = { ...(candles[250] as Candle), ts: START_MS + 1000 * MINUTE_MS }
    expect(peekCandle(set, late)).toBeNull()
    expect(pushCandle(set, candles[250] as Candle)).not.toBeNull()
  })
})

describe('order', () => {
  it('refuses a candle that is not later than the last, in push and in peek, and a time that is none', () => {
    const set = createIndicatorSet('1m')
    const [first, second] = candlesFrom(5, 2) as [Candle, Candle]
    pushAll(set, [first, second])
    const state = JSON.stringify(set)
    for (const candle of [first, second, { ...second, ts: Number.NaN }]) {
      expect(() => pushCandle(set, candle)).toThrow(RangeError)
      expect(() => peekCandle(set, candle)).toThrow(RangeError)
    }
    expect(JSON.stringify(set)).toBe(state)
  })
})

describe('state', () => {
  it('peek of any forming candle returns what push would, and leaves every bit alone', () => {
    const set = createIndicatorSet('1m')
    pushAll(set, candlesFrom(6, 270))
    fc.assert(
      fc.property(fc.double({ min: 1, max: 5000, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }), (c, reach) => {
        const ts = START_MS + 270 * MINUTE_MS
        const forming = { ts, o: c, h: c * (1 + reach), l: c * (1 - reach), c, v: 0 }
        const before = JSON.stringify(set)
        const peeked = peekCandle(set, forming)
        expect(JSON.stringify(set)).toBe(before)
        const copy = restoreIndicatorSet(JSON.parse(before)) as IndicatorSet
        expect(pushCandle(copy, forming)).toStrictEqual(peeked)
      }),
    )
  })
  it('restored from JSON at any candle it continues with the same bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 320 }), (seed, cut) => {
        const candles = candlesFrom(seed, 321)
        const straight = createIndicatorSet('1m')
        pushAll(straight, candles.slice(0, cut))
        const restored = restoreIndicatorSet(JSON.parse(JSON.stringify(straight))) as IndicatorSet
        expect(restored).toStrictEqual(straight)
        // toStrictEqual compares numbers with Object.is: the same bits, NaN and -0 included.
        expect(pushAll(restored, candles.slice(cut))).toStrictEqual(pushAll(straight, candles.slice(cut)))
      }),
      { numRuns: 40 },
    )
  })
  it('refuses what is not the state of a set', () => {
    const set = createIndicatorSet('1m')
    pushAll(set, candlesFrom(8, 30))
    const saved = () => JSON.parse(JSON.stringify(set)) as Record<string, unknown>
    expect(restoreIndicatorSet(saved())).toStrictEqual(set)
    for (const broken of [
      null,
      'set',
      [],
      {},
      { ...saved(), timeframe: '2m' },
      { ...saved(), lengthMs: 1 },
      { ...saved(), count: '30' },
      { ...saved(), atr: null },
      { ...saved(), ema20: { ...set.ema20, period: 21 } },
      { ...saved(), ema20: { ...set.ema20, average: [null] } },
      { ...saved(), ema20: { ...set.ema20, average: [] } },
    ]) {
      expect(restoreIndicatorSet(broken)).toBeNull()
    }
  })
  it('a flat market stays exactly flat', () => {
    const set = createIndicatorSet('1m')
    const flat = candlesFrom(9, 400).map(({ ts }) => ({ ts, o: 0.1, h: 0.1, l: 0.1, c: 0.1, v: 0 }))
    const values = pushAll(set, flat).at(-1)
    expect(values).toStrictEqual({ rsi_14: 50, macd_hist: 0, ema_20: 0.1, ema_50: 0.1, atr_14: 0 })
  })
})
