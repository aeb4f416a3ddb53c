import type { Candle } from '../market/candle.ts'
import { GAP_RESTART_CANDLES, WARM_UP_CANDLES } from '../market/gap.ts'
import { isTimeframe, timeframeMs, type Timeframe } from '../market/timeframe.ts'
import { createAtr, peekAtr, pushAtr, resetAtr, type AtrState } from './atr.ts'
import { createEma, peekEma, pushEma, resetEma, type EmaState } from './ema.ts'
import { createMacd, peekMacd, pushMacd, resetMacd, type MacdState } from './macd.ts'
import { createRsi, peekRsi, pushRsi, resetRsi, type RsiState } from './rsi.ts'

/** The indicators of a feature row, under the names they have there. */
export interface IndicatorValues {
  rsi_14: number
  macd_hist: number
  ema_20: number
  ema_50: number
  /** Never null here; a row from outside may lack it. */
  atr_14: number | null
}

/** The indicators of one stream. Plain JSON; changed in place by `pushCandle`, by nothing else. */
export interface IndicatorSet {
  timeframe: Timeframe
  lengthMs: number
  /** Candles since the start or the last restart. */
  count: number
  /** Number of the last candle, counted in candles since 1970; -1 before the first. */
  lastNumber: number
  rsi: RsiState
  macd: MacdState
  ema20: EmaState
  ema50: EmaState
  atr: AtrState
}

export function createIndicatorSet(timeframe: Timeframe): IndicatorSet {
  return {
    timeframe,
    lengthMs: timeframeMs(timeframe),
    count: 0,
    lastNumber: -1,
    rsi: createRsi(14),
    macd: createMacd(12, 26, 9),
    ema20: createEma(20),
    ema50: createEma(50),
    atr: createAtr(14),
  }
}

/**
 * Takes the next closed candle, valid and later than all before it (RangeError otherwise: the stream's order is broken).
 * A gap longer than GAP_RESTART_CANDLES starts the warm-up again.
 * Returns the values, or null while fewer than WARM_UP_CANDLES were seen.
 */
export function pushCandle(set: IndicatorSet, candle: Candle): IndicatorValues | null {
  const number = nextNumber(set, candle.ts)
  if (restarts(set, number)) reset(set)
  const rsi_14 = pushRsi(set.rsi, candle.c)
  const macd_hist = pushMacd(set.macd, candle.c)
  const ema_20 = pushEma(set.ema20, candle.c)
  const ema_50 = pushEma(set.ema50, candle.c)
  const atr_14 = pushAtr(set.atr, candle)
  set.lastNumber = number
  set.count += 1
  return set.count < WARM_UP_CANDLES ? null : { rsi_14, macd_hist, ema_20, ema_50, atr_14 }
}

/** What `pushCandle` would return for this candle, leaving the set alone: for a forming candle that will be replaced. */
export function peekCandle(set: IndicatorSet, candle: Candle): IndicatorValues | null {
  const number = nextNumber(set, candle.ts)
  if (restarts(set, number) || !isWarm(set)) return null
  return {
    rsi_14: peekRsi(set.rsi, candle.c),
    macd_hist: peekMacd(set.macd, candle.c),
    ema_20: peekEma(set.ema20, candle.c),
    ema_50: peekEma(set.ema50, candle.c),
    atr_14: peekAtr(set.atr, candle),
  }
}

/** True when the next candle, unless it comes after a long gap, has values. */
export function isWarm(set: IndicatorSet): boolean {
  return set.count + 1 >= WARM_UP_CANDLES
}

/**
 * A set from its JSON (parsed), which continues with the same bits; null when it is not the state of a set as this
 * build makes it, or holds a number that did not survive JSON. The stream then warms up again from stored candles.
 */
export function restoreIndicatorSet(saved: unknown): IndicatorSet | null {
  if (!isRecord(saved) || !isTimeframe(saved['timeframe'])) return null
  const set = createIndicatorSet(saved['timeframe'])
  return copyInto(set, saved) ? set : null
}

function nextNumber(set: IndicatorSet, ts: number): number {
  const number = Math.floor(ts / set.lengthMs)
  if (!(number > set.lastNumber))
    throw new RangeError(`candle ${ts} is not later than the last one of its ${set.timeframe} stream`)
  return number
}

function restarts(set: IndicatorSet, number: number): boolean {
  return set.lastNumber !== -1 && number - set.lastNumber - 1 > GAP_RESTART_CANDLES
}

function reset(set: IndicatorSet): void {
  set.count = 0
  resetRsi(set.rsi)
  resetMacd(set.macd)
  resetEma(set.ema20)
  resetEma(set.ema50)
  resetAtr(set.atr)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

// Copying into a set made here, instead of using the parsed object, keeps one hidden class on the hot path.
function copyInto(target: object, saved: Record<string, unknown>): boolean {
  for (const [key, value] of Object.entries(target)) {
    const other = Object.hasOwn(saved, key) ? saved[key] : undefined
    if (isRecord(value)) {
      if (!isRecord(other) || !copyInto(value, other)) return false
    } else if (key === 'timeframe' || key === 'lengthMs' || key === 'period') {
      if (other !== value) return false
    } else {
      if (typeof other !== 'number' || !Number.isFinite(other)) return false
      Reflect.set(target, key, other)
    }
  }
  return true
}
