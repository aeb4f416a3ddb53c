import { createIndicatorSet, pushCandle } from '@spark/core/indicators/indicator-set'
import { candleFault, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { fuse } from '@spark/core/signal/fuse'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_TREND_PERSISTENCE, SimulatedMarket } from './simulated-market.ts'
import { SIMULATED_SYMBOLS } from './simulated-symbol.ts'

const END = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

/** Share of candles whose direction was that of the default model's score one candle before. */
function hitRate(trendPersistence: number, seed: number, candles: number): number {
  const market = new SimulatedMarket({ seed, trendPersistence })
  const indicators = createIndicatorSet('1h')
  let score = 0
  let hits = 0
  let judged = 0
  for (const candle of market.candlesBefore({ symbol: 'BTCUSDT', tf: '1h' }, candles, END, END)) {
    const move = Math.sign(candle.c - candle.o)
    if (score !== 0 && move !== 0) {
      judged++
      if (move === Math.sign(score)) hits++
    }
    const values = pushCandle(indicators, candle)
    score = values === null ? 0 : fuse(ML_FUSION_1_2, { h: candle.h, l: candle.l, c: candle.c, ...values }).score
  }
  return hits / judged
}

/** Over three seeds of 3000 hours: one standard error is 0.005. */
function meanHitRate(trendPersistence: number): number {
  return [1, 2, 3].reduce((sum, seed) => sum + hitRate(trendPersistence, seed, 3000), 0) / 3
}

function aggregate(minutes: readonly Candle[]): Omit<Candle, 'ts'> {
  const [first, last] = [minutes[0], minutes.at(-1)]
  return {
    o: first?.o ?? 0,
    h: Math.max(...minutes.map((minute) => minute.h)),
    l: Math.min(...minutes.map((minute) => minute.l)),
    c: last?.c ?? 0,
    v: Math.round(minutes.reduce((sum, minute) => sum + minute.v, 0) * 1e5) / 1e5,
  }
}

const anyTime = fc.integer({ min: Date.UTC(2023, 0, 2), max: END }).map((ms) => Math.floor(ms / 2000) * 2000)
const anyStream = fc.record({
  symbol: fc.constantFrom(...SIMULATED_SYMBOLS, 'NEWCOIN'),
  tf: fc.constantFrom('1m' as const, '5m' as const, '15m' as const, '1h' as const, '4h' as const),
})

describe('simulated market', () => {
  it('gives the same candle whatever was asked before', () => {
    const warm = new SimulatedMarket({ seed: 3, outagesPerYear: 50 })
    fc.assert(
      fc.property(anyStream, anyTime, (stream, timeMs) => {
        const openMs = Math.floor(timeMs / timeframeMs(stream.tf)) * timeframeMs(stream.tf)
        const cold = new SimulatedMarket({ seed: 3, outagesPerYear: 50 })
        expect(cold.candle(stream, openMs)).toEqual(warm.candle(stream, openMs))
      }),
      { numRuns: 30 },
    )
  })

  it('makes every longer candle the sum of its minutes, outages included', () => {
    const market = new SimulatedMarket({ outagesPerYear: 300 })
    fc.assert(
      fc.property(anyStream, anyTime, (stream, timeMs) => {
        const lengthMs = timeframeMs(stream.tf)
        const openMs = Math.floor(timeMs / lengthMs) * lengthMs
        const minutes = Array.from({ length: lengthMs / 60_000 }, (_, index) =>
          market.candle({ symbol: stream.symbol, tf: '1m' }, openMs + index * 60_000),
        ).filter((candle) => candle !== null)
        const expected = minutes.length === 0 ? null : { ts: openMs, ...aggregate(minutes) }
        expect(market.candle(stream, openMs)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('lets a forming candle grow into the closed one', () => {
    const market = new SimulatedMarket()
    fc.assert(
      fc.property(anyStream, anyTime, (stream, timeMs) => {
        const lengthMs = timeframeMs(stream.tf)
        const openMs = Math.floor(timeMs / lengthMs) * lengthMs
        const closed = market.candle(stream, openMs) as Candle
        let before = { h: 0, l: Infinity, v: 0 }
        for (let ms = Math.max(openMs + 2000, timeMs - 60_000); ms < openMs + lengthMs && ms <= timeMs + 60_000; ms += 2000) {
          const forming = market.formingCandle(stream, ms) as Candle
          expect(candleFault(forming)).toBeNull()
          expect([forming.ts, forming.o]).toEqual([openMs, closed.o])
          expect(forming.h).toBeLessThanOrEqual(closed.h)
          expect(forming.l).toBeGreaterThanOrEqual(closed.l)
          expect(forming.v).toBeLessThanOrEqual(closed.v)
          expect(forming.h).toBeGreaterThanOrEqual(before.h)
          expect(forming.l).toBeLessThanOrEqual(before.l)
          expect(forming.v).toBeGreaterThanOrEqual(before.v)
          before = forming
        }
      }),
      { numRuns: 40 },
    )
  })

  it('trades every symbol at its own price with believable volatility and volume', () => {
    const market = new SimulatedMarket()
    for (const symbol of SIMULATED_SYMBOLS) {
      const candles = market.candlesBefore({ symbol, tf: '1h' }, 1000, END, END)
      const squares = candles.map((candle) => Math.log(candle.c / candle.o) ** 2)
      const annual = Math.sqrt((squares.reduce((sum, square) => sum + square, 0) / squares.length) * 8760)
      expect(annual).toBeGreaterThan(0.3)
      expect(annual).toBeLessThan(2)
      expect(candles.every((candle) => candle.v > 0 && candleFault(candle) === null)).toBe(true)
      expect(candles.every((candle) => `${candle.c}`.replace('.', '').replace(/^0+/, '').length <= 9)).toBe(true)
    }
  })

  it('lets the default model be right with trends, not without them, and wrong when they are reversed', () => {
    expect(meanHitRate(DEFAULT_TREND_PERSISTENCE)).toBeGreaterThan(0.515)
    expect(Math.abs(meanHitRate(0) - 0.5)).toBeLessThan(0.015)
    expect(meanHitRate(-DEFAULT_TREND_PERSISTENCE)).toBeLessThan(0.485)
  })

  it('has no candles in an outage, and about as many outages as asked for', () => {
    const market = new SimulatedMarket({ outagesPerYear: 100 })
    const stream: Stream = { symbol: 'BTCUSDT', tf: '1m' }
    let outages = 0
    for (let ms = END - 200 * DAY; ms < END; ms += DAY) {
      const candles = market.candlesBefore(stream, 1440, ms + DAY, ms + DAY).filter((candle) => candle.ts >= ms)
      if (candles.length < 1440) outages++
      const missing = 1440 - candles.length
      const gaps = candles.filter((candle, index) => index > 0 && candle.ts - (candles[index - 1]?.ts ?? 0) > 60_000)
      expect(gaps.length).toBeLessThanOrEqual(missing > 0 ? 1 : 0)
    }
    expect(outages).toBeGreaterThan(30)
    expect(outages).toBeLessThan(85)
  })

  it('has nothing before its epoch and refuses senseless parameters', () => {
    const market = new SimulatedMarket()
    expect(market.candlesBefore({ symbol: 'BTCUSDT', tf: '1d' }, 10, Date.UTC(2023, 0, 4), END)).toHaveLength(3)
    expect(market.candle({ symbol: 'BTCUSDT', tf: '1d' }, Date.UTC(2022, 11, 31))).toBeNull()
    expect(() => new SimulatedMarket({ trendPersistence: 2 })).toThrow(RangeError)
    expect(() => new SimulatedMarket({ seed: 0.5 })).toThrow(RangeError)
    expect(() => new SimulatedMarket({ outagesPerYear: -1 })).toThrow(RangeError)
  })
})
