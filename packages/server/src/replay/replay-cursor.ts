import type { Candle } from '@spark/core/market/candle'
import { createIndicatorSet, pushCandle, type IndicatorSet, type IndicatorValues } from '@spark/core/indicators/indicator-set'
import { decide, mlBucket, type Decision } from '@spark/core/signal/decision'
import { fuse, type FusedScore } from '@spark/core/signal/fuse'
import type { Model } from '@spark/core/signal/model'
import type { KlineCursor } from '../feed/kline-cursor.ts'

/**
 * Scores the closed candles of a stream, file after file: `while (replay.next()) use(replay.candle, replay.fused, …)`.
 * The fields are those of the current candle and change with the next.
 */
export class ReplayCursor {
  readonly candle: Candle = { ts: -1, o: 0, h: 0, l: 0, c: 0, v: 0 }
  values: IndicatorValues = { rsi_14: 0, macd_hist: 0, ema_20: 0, ema_50: 0, atr_14: 0 }
  fused: FusedScore = { parts: { rsi: 0, macd: 0, trend: 0 }, score: 0, confid: 0 }
  /** The indicators are warm: `values` and `fused` are those of the candle. */
  scored = false
  /** Candles read so far, the unscored ones of the warm-up included. */
  candles = 0
  readonly #model: Model
  readonly #floor: number
  #indicators: IndicatorSet | null = null
  #klines: KlineCursor | null = null

  constructor(model: Model, floor: number) {
    this.#model = model
    this.#floor = floor
  }

  /** Goes on with the next file of the same stream. Rows that are not later than what was read are passed over. */
  open(klines: KlineCursor): void {
    this.#klines = klines
    this.#indicators ??= createIndicatorSet(klines.report.timeframe)
    if (this.#indicators.timeframe !== klines.report.timeframe) {
      throw new RangeError(`a ${klines.report.timeframe} file cannot continue a ${this.#indicators.timeframe} stream`)
    }
  }

  /** Moves to the next scored candle; false at the end of the file. */
  next(): boolean {
    while (this.step()) if (this.scored) return true
    return false
  }

  /** Moves to the next candle, `scored` or not; false at the end of the file. */
  step(): boolean {
    const klines = this.#klines
    const indicators = this.#indicators
    if (klines === null || indicators === null) return false
    const { candle } = this
    while (klines.next()) {
      if (klines.ts <= candle.ts) continue
      candle.ts = klines.ts
      candle.o = klines.o
      candle.h = klines.h
      candle.l = klines.l
      candle.c = klines.c
      candle.v = klines.v
      this.candles += 1
      const values = pushCandle(indicators, candle)
      this.scored = values !== null
      if (values !== null) {
        this.values = values
        this.fused = fuse(this.#model, { h: candle.h, l: candle.l, c: candle.c, ...values })
      }
      return true
    }
    return false
  }

  get decision(): Decision {
    return decide(this.fused.score, this.fused.confid, this.#floor)
  }

  get bucket(): number {
    return mlBucket(this.fused.confid)
  }
}
