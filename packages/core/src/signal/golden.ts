import { createIndicatorSet, pushCandle } from '../indicators/indicator-set.ts'
import type { Candle } from '../market/candle.ts'
import { createRandom, randomInteger, randomUniform, type RandomState } from '../stats/random.ts'
import { fuse, type FusedFeatures } from './fuse.ts'
import { ML_FUSION_1_2 } from './model.ts'

/**
 * Bits that every build must reproduce (fuse.golden.json): a process whose arithmetic differs must not score. Written anew,
 * when a model's formula changes on purpose, by (in packages/core/src/signal)
 * `node -e "import('./golden.ts').then((m) => console.log(m.goldenText()))" > new && mv new fuse.golden.json`
 */
export interface Golden {
  model: string
  /** Bits of rsi_14, macd_hist, ema_20, ema_50, atr_14 after INDICATOR_CANDLES generated candles. */
  indicators: string
  /** For each generated row the bits of parts rsi, macd, trend, then score and confid. */
  rows: readonly string[]
}

export interface GoldenDifference {
  /** Index of the row, or `indicators`, or `model` or `length` when the file itself is another one. */
  at: number | 'indicators' | 'model' | 'length'
  expected: string
  actual: string
}

const ROW_COUNT = 1000
const INDICATOR_CANDLES = 1000
const SEED = 20_250_101

/** The first place where this build computes something else than `expected`, or null. About 20 ms in a new process. */
export function checkGolden(expected: Golden): GoldenDifference | null {
  const actual = generateGolden()
  if (expected.model !== actual.model) return { at: 'model', expected: expected.model, actual: actual.model }
  if (expected.rows.length !== actual.rows.length) {
    return { at: 'length', expected: String(expected.rows.length), actual: String(actual.rows.length) }
  }
  if (expected.indicators !== actual.indicators) {
    return { at: 'indicators', expected: expected.indicators, actual: actual.indicators }
  }
  for (const [at, row] of actual.rows.entries()) {
    const wanted = expected.rows[at] ?? ''
    if (wanted !== row) return { at, expected: wanted, actual: row }
  }
  return null
}

/** What this build computes. */
export function generateGolden(): Golden {
  const rows = goldenRows().map((row) => {
    const { parts, score, confid } = fuse(ML_FUSION_1_2, row)
    return bitsOf([parts.rsi, parts.macd, parts.trend, score, confid])
  })
  return { model: ML_FUSION_1_2.version, indicators: indicatorBits(), rows }
}

/** The file, one row a line. */
export function goldenText(): string {
  return JSON.stringify(generateGolden(), null, 1)
}

/** The generated rows. Only + - * / and integers on the way, so that they are the same wherever fuse might not be. */
export function goldenRows(): FusedFeatures[] {
  const random = createRandom(SEED)
  return Array.from({ length: ROW_COUNT }, () => goldenRow(random))
}

function goldenRow(random: RandomState): FusedFeatures {
  // One in ten at the ends of what a double holds, the others from 1e-8 (a meme coin) to 1e7.
  const extreme = randomInteger(random, 10) === 0
  const exponent = extreme ? randomInteger(random, 560) - 290 : randomInteger(random, 16) - 8
  const c = powerOfTen(exponent) * (1 + 9 * randomUniform(random))
  const reach = c * 0.05 * randomUniform(random) * randomInteger(random, 4)
  const kind = randomInteger(random, 8)
  const atr = kind === 0 ? null : kind === 1 ? 0 : c * 0.03 * randomUniform(random)
  return {
    h: c + reach * randomUniform(random),
    l: c - reach * randomUniform(random),
    c,
    rsi_14: kind === 2 ? 50 : 100 * randomUniform(random),
    macd_hist: kind === 3 ? 0 : c * 0.04 * (randomUniform(random) - 0.5),
    ema_20: c * (1 + 0.1 * (randomUniform(random) - 0.5)),
    ema_50: c * (1 + 0.1 * (randomUniform(random) - 0.5)),
    atr_14: atr,
  }
}

function indicatorBits(): string {
  const random = createRandom(SEED, 1)
  const set = createIndicatorSet('1h')
  let values = null
  let close = 30_000
  for (let index = 0; index < INDICATOR_CANDLES; index += 1) {
    const candle = goldenCandle(random, index * set.lengthMs, close)
    close = candle.c
    values = pushCandle(set, candle)
  }
  if (values === null) return ''
  return bitsOf([values.rsi_14, values.macd_hist, values.ema_20, values.ema_50, values.atr_14 ?? Number.NaN])
}

function goldenCandle(random: RandomState, ts: number, o: number): Candle {
  const c = o * (1 + 0.02 * (randomUniform(random) - 0.5))
  const h = Math.max(o, c) * (1 + 0.005 * randomUniform(random))
  const l = Math.min(o, c) * (1 - 0.005 * randomUniform(random))
  return { ts, o, h, l, c, v: 100 * randomUniform(random) }
}

function powerOfTen(exponent: number): number {
  let power = 1
  for (let step = 0; step < Math.abs(exponent); step += 1) power *= 10
  return exponent < 0 ? 1 / power : power
}

/** The float64 bits of each number as 16 hex digits, joined. */
function bitsOf(numbers: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(8))
  return numbers
    .map((value) => {
      view.setFloat64(0, value)
      return view.getBigUint64(0).toString(16).padStart(16, '0')
    })
    .join('')
}
