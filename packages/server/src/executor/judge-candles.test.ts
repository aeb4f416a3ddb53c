import { describe, expect, it } from 'vitest'
import type { Candle } from '@spark/core/market/candle'
import { createMarketTime, messageRefusal, usableHistory } from './judge-candles.ts'

const HOUR = 3_600_000
const NOW = 1_700_002_800_000
const at = (hours: number, price = 100): Candle => ({ ts: NOW + hours * HOUR, o: price, h: price, l: price, c: price, v: 1 })
const refusal = (candle: Candle, closed = true, facts: Partial<Parameters<typeof messageRefusal>[2]> = {}) =>
  messageRefusal(candle, closed, { tf: '1h', lastClosed: at(-1), marketMs: NOW + HOUR, jumps: 0, ...facts })?.code ?? null

describe('a message', () => {
  it('may be a minute ahead of the market time, not more: of a closed candle its end, of a forming one its opening', () => {
    const sixty = 60_000
    expect(refusal(at(0), true, { marketMs: NOW + HOUR - sixty })).toBeNull()
    expect(refusal(at(0), true, { marketMs: NOW + HOUR - sixty - 1 })).toBe('future')
    expect(refusal(at(0), false, { marketMs: NOW - sixty })).toBeNull()
    expect(refusal(at(0), false, { marketMs: NOW - sixty - 1 })).toBe('future')
  })

  it('may move 20 times from the close before, not more, unless the close before is long ago', () => {
    for (const price of [2000, 5]) expect(refusal(at(0, price))).toBeNull()
    for (const price of [2000.01, 4.99]) {
      expect(refusal(at(0, price))).toBe('jump')
      expect(refusal(at(0, price), false)).toBe('jump')
      expect(refusal({ ...at(0), o: price, h: Math.max(price, 100), l: Math.min(price, 100) })).toBe('jump')
      expect(refusal(at(0, price), true, { lastClosed: at(-25) })).toBe('jump')
      expect(refusal(at(0, price), true, { lastClosed: at(-26) })).toBeNull()
    }
    // A wick is no jump: crashes of real markets have had such.
    expect(refusal({ ...at(0), l: 0.01, h: 1e6 })).toBeNull()
  })

  it('with a jump is believed when it is the third closed one in a row', () => {
    expect([1, 2].map((jumps) => refusal(at(0, 1e6), true, { jumps }))).toEqual(['jump', null])
    expect(refusal(at(0, 1e6), false, { jumps: 9 })).toBe('jump')
  })

  it('is the first of a stream whatever its price', () => {
    expect(refusal(at(0, 1e12), true, { lastClosed: null })).toBeNull()
  })
})

it('of a history stays what can be right, and the rest is told with its reason', () => {
  const refused: string[] = []
  const history = [
    at(-9),
    at(-8, 1e5),
    at(-7),
    at(-7),
    { ...at(-6), ts: NOW - 6 * HOUR + 1 },
    at(-8),
    { ...at(-5), c: NaN },
    at(-4),
    at(1),
  ]
  const usable = usableHistory(history, { tf: '1h', marketMs: NOW }, (code) => void refused.push(code))
  expect(usable).toEqual([at(-9), at(-7), at(-4)])
  expect(refused.sort()).toEqual(['bad_number', 'future', 'jump', 'late', 'misaligned', 'repeated'])
})

it('a history whose level changes for good is kept whole', () => {
  const history = [at(-4), at(-3), at(-2, 1e5), at(-1, 1e5)]
  expect(usableHistory(history, { tf: '1h', marketMs: NOW }, () => {})).toEqual(history)
})

it('the market time follows the feed and does not go back with the wall clock', () => {
  const times = { feed: 1000, monotonic: 0 }
  const marketMs = createMarketTime({ nowMs: () => times.feed }, { monotonicMs: () => times.monotonic })
  expect(marketMs()).toBe(1000)
  Object.assign(times, { feed: -5_000_000, monotonic: 250 })
  expect(marketMs()).toBe(1250)
  Object.assign(times, { feed: 9000, monotonic: 300 })
  expect(marketMs()).toBe(9000)
})
