import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EMA as WitnessEma, MACD as WitnessMacd, RSI as WitnessRsi, ATR as WitnessAtr } from 'trading-signals'
import * as talib from 'talib-web'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Candle } from '../market/candle.ts'
import { WARM_UP_CANDLES } from '../market/gap.ts'
import { createRandom, randomNormal, randomUniform } from '../stats/random.ts'
import { createAtr, pushAtr } from './atr.ts'
import { createEma, pushEma, type EmaState } from './ema.ts'
import { createMacd, pushMacd } from './macd.ts'
import { createRsi, pushRsi } from './rsi.ts'

const VECTORS = fileURLToPath(new URL('../../../../../shared/vectors/indicators_502.json', import.meta.url))

interface Vectors {
  quotes: string[][]
  rsi14: (number | null)[]
  ema20: (number | null)[]
  macd_12_26_9: (number | null)[][]
}

/** Candles that walk at random around 100, so that an error of 1e-9 is far above rounding and far below any real difference. */
function generatedCandles(count: number): Candle[] {
  const random = createRandom(7)
  let close = 100
  return Array.from({ length: count }, (_, index) => {
    const o = close
    const c = o * Math.exp(0.01 * randomNormal(random) - 0.002 * Math.log(o / 100))
    close = c
    const h = Math.max(o, c) * (1 + 0.004 * randomUniform(random))
    const l = Math.min(o, c) * (1 - 0.004 * randomUniform(random))
    return { ts: index * 3_600_000, o, h, l, c, v: 1 }
  })
}

function largestDifference(ours: number[], theirs: (number | null | undefined)[], from: number): number {
  let largest = 0
  for (let index = from; index < ours.length; index += 1) {
    const difference = Math.abs((ours[index] ?? Number.NaN) - (theirs[index] ?? Number.NaN))
    if (!(difference <= largest)) largest = difference
  }
  return largest
}

/** Index of the first value that is not the same to 1e-9, or that only one of both has; -1 when all are. */
function firstDifference(ours: number[], theirs: (number | null | undefined)[]): number {
  if (ours.length !== 502) return 0
  return ours.findIndex((value, index) => {
    const expected = theirs[index] ?? Number.NaN
    return Number.isNaN(value) !== Number.isNaN(expected) || Math.abs(value - expected) > 1e-9
  })
}

function valueOf(ema: EmaState): number {
  return ema.count >= ema.period ? ema.average[0] : Number.NaN
}

function rsiAfter(closes: readonly number[]): number {
  const state = createRsi(14)
  return closes.reduce((_, close) => pushRsi(state, close), Number.NaN)
}

/** TA-Lib's output begins with the first candle that has a value; behind the last one it holds whatever was in memory. */
function alignTo(lookBack: number, output: number[]): (number | null)[] {
  return [...Array.from({ length: lookBack }, () => null), ...output.slice(0, output.length - lookBack)]
}

/** Its loader fetches, which Node does not do for files, and hooks itself into the process, which other tests share. */
async function startTalib(): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = new Set(events.flatMap((event) => process.rawListeners(event)))
  const wasm = readFileSync(new URL('talib.wasm', import.meta.resolve('talib-web')))
  await talib.init(`data:application/wasm;base64,${wasm.toString('base64')}`)
  for (const event of events) {
    for (const listener of process.rawListeners(event)) {
      if (!before.has(listener)) process.off(event, listener)
    }
  }
}

describe.skipIf(!existsSync(VECTORS))('502 daily bars of Stock.Indicators (skipped when ../shared/vectors is absent)', () => {
  let vectors: Vectors
  let closes: number[]
  beforeAll(() => {
    vectors = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors
    closes = vectors.quotes.map((quote) => Number(quote[4]))
  })

  it('RSI 14 is the same to 1e-9 and starts at the same bar', () => {
    const state = createRsi(14)
    const ours = closes.map((close) => pushRsi(state, close))
    expect(firstDifference(ours, vectors.rsi14)).toBe(-1)
  })
  it('EMA 20 is the same to 1e-9 and starts at the same bar', () => {
    const state = createEma(20)
    const ours = closes.map((close) => pushEma(state, close))
    expect(firstDifference(ours, vectors.ema20)).toBe(-1)
  })
  it('the MACD 12/26/9 histogram and the averages inside are the same to 1e-9', () => {
    const state = createMacd(12, 26, 9)
    const ours = closes.map((close) => {
      const histogram = pushMacd(state, close)
      return { histogram, signal: valueOf(state.signal), fast: valueOf(state.fast), slow: valueOf(state.slow) }
    })
    // Columns of the vectors: macd, signal, histogram, fast EMA, slow EMA.
    for (const [column, name] of [
      [1, 'signal'],
      [2, 'histogram'],
      [3, 'fast'],
      [4, 'slow'],
    ] as const) {
      const theirs = vectors.macd_12_26_9.map((row) => row[column])
      expect(
        firstDifference(
          ours.map((row) => row[name]),
          theirs,
        ),
      ).toBe(-1)
    }
  })
})

describe('witnesses on generated candles', () => {
  const candles = generatedCandles(1500)
  const closes = candles.map((candle) => candle.c)
  const bars = { high: candles.map((candle) => candle.h), low: candles.map((candle) => candle.l), close: closes }
  // Seeds differ between libraries; EMA 26 inside MACD forgets its own slowest: (25/27)^450 is 1e-15.
  const afterSeeds = WARM_UP_CANDLES + 250

  const states = {
    rsi: createRsi(14),
    atr: createAtr(14),
    macd: createMacd(12, 26, 9),
    ema20: createEma(20),
    ema50: createEma(50),
  }
  const ours = {
    rsi: closes.map((close) => pushRsi(states.rsi, close)),
    atr: candles.map((candle) => pushAtr(states.atr, candle)),
    macd: closes.map((close) => pushMacd(states.macd, close)),
    ema20: closes.map((close) => pushEma(states.ema20, close)),
    ema50: closes.map((close) => pushEma(states.ema50, close)),
  }

  it('TA-Lib agrees: RSI, EMA and ATR from their first value, MACD once the seeds are forgotten', async () => {
    await startTalib()
    const rsi = talib.RSI({ inReal: closes, timePeriod: 14 }).output
    expect(largestDifference(ours.rsi, alignTo(14, rsi), 14)).toBeLessThan(1e-9)
    const atr = talib.ATR({ ...bars, timePeriod: 14 }).output
    expect(largestDifference(ours.atr, alignTo(14, atr), 14)).toBeLessThan(1e-9)
    const ema50 = talib.EMA({ inReal: closes, timePeriod: 50 }).output
    expect(largestDifference(ours.ema50, alignTo(49, ema50), 49)).toBeLessThan(1e-9)
    const macd = talib.MACD({ inReal: closes, fastPeriod: 12, slowPeriod: 26, signalPeriod: 9 }).MACDHist
    expect(largestDifference(ours.macd, alignTo(33, macd), afterSeeds)).toBeLessThan(1e-9)
  })
  it('trading-signals agrees once the seeds are forgotten', () => {
    const rsi = new WitnessRsi(14)
    const atr = new WitnessAtr(14)
    const ema20 = new WitnessEma(20)
    const macd = new WitnessMacd(new WitnessEma(12), new WitnessEma(26), new WitnessEma(9))
    const theirs = candles.map((candle) => ({
      rsi: rsi.update(candle.c, false),
      atr: atr.update({ high: candle.h, low: candle.l, close: candle.c }, false),
      ema20: ema20.update(candle.c, false),
      macd: macd.update(candle.c, false)?.histogram,
    }))
    expect(
      largestDifference(
        ours.rsi,
        theirs.map((row) => row.rsi),
        14,
      ),
    ).toBeLessThan(1e-9)
    expect(
      largestDifference(
        ours.atr,
        theirs.map((row) => row.atr),
        afterSeeds,
      ),
    ).toBeLessThan(1e-9)
    expect(
      largestDifference(
        ours.ema20,
        theirs.map((row) => row.ema20),
        afterSeeds,
      ),
    ).toBeLessThan(1e-9)
    expect(
      largestDifference(
        ours.macd,
        theirs.map((row) => row.macd),
        afterSeeds,
      ),
    ).toBeLessThan(1e-9)
  })
})

describe('RSI at the ends', () => {
  it('is 50 in a flat market, 100 when nothing fell, 0 when nothing rose', () => {
    expect(rsiAfter(Array.from({ length: 300 }, () => 42.1))).toBe(50)
    expect(rsiAfter(Array.from({ length: 30 }, (_, index) => 10 + index))).toBe(100)
    expect(rsiAfter(Array.from({ length: 30 }, (_, index) => 100 - index))).toBe(0)
  })
})
