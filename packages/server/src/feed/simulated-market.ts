import type { Candle, Stream } from '@spark/core/market/candle'
import { candleOpenMs, timeframeMs } from '@spark/core/market/timeframe'
import { emptyBar, MINUTE_MS, roundVolume, SimulatedMinutes, type Bar } from './simulated-minutes.ts'
import { EPOCH_MS } from './simulated-walk.ts'

/** Mild: see simulated-market.test.ts for what the default model makes of it. */
export const DEFAULT_TREND_PERSISTENCE = 0.15

export interface SimulatedMarketOptions {
  seed?: number
  /** −1 … 1: how far the next move follows the last ones. 0: no direction can be predicted; negative: trends turn. */
  trendPersistence?: number
  /** Mean number of times a year that the exchange stands still for minutes or hours and has no candles. Default 0. */
  outagesPerYear?: number
}

/**
 * A made-up market. Pure: each candle depends on options, symbol and time alone, so that backfill, live stream and restart
 * agree, a 1h candle is exactly the sum of its 1m candles, and what was forming ends as the closed candle.
 */
export class SimulatedMarket {
  readonly #options: Required<SimulatedMarketOptions>
  readonly #symbols = new Map<string, SimulatedMinutes>()

  /** Throws RangeError for a parameter out of range. */
  constructor(options: SimulatedMarketOptions = {}) {
    const { seed = 1, trendPersistence = DEFAULT_TREND_PERSISTENCE, outagesPerYear = 0 } = options
    if (!Number.isSafeInteger(seed)) throw new RangeError(`seed ${seed} is not an integer`)
    if (!(Math.abs(trendPersistence) <= 1)) throw new RangeError(`trend persistence ${trendPersistence} is not in -1 … 1`)
    if (!(outagesPerYear >= 0 && outagesPerYear <= 365))
      throw new RangeError(`${outagesPerYear} outages a year is not in 0 … 365`)
    this.#options = { seed, trendPersistence, outagesPerYear }
  }

  /** The whole candle that opens at `openMs`; null where the market has none (before 2023, or an outage all through). */
  candle(stream: Stream, openMs: number): Candle | null {
    const bar = emptyBar()
    const found = this.#minutes(stream.symbol).addTo(bar, openMs, openMs + timeframeMs(stream.tf))
    return found === 0 ? null : finish(openMs, bar)
  }

  /** What the candle that holds `timeMs` looks like at that time; null when it has shown nothing yet or the exchange stands still. */
  formingCandle(stream: Stream, timeMs: number): Candle | null {
    const openMs = candleOpenMs(timeMs, stream.tf)
    if (openMs < EPOCH_MS) return null
    const minutes = this.#minutes(stream.symbol)
    const minuteMs = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS
    const bar = emptyBar()
    const found = minutes.addTo(bar, openMs, minuteMs)
    const moved = minutes.addForming(bar, timeMs)
    return moved || (found > 0 && timeMs === minuteMs) ? finish(openMs, bar) : null
  }

  /** The newest `count` candles that opened before `beforeMs` and had ended by `endedByMs`, oldest first. */
  candlesBefore(stream: Stream, count: number, beforeMs: number, endedByMs: number): Candle[] {
    const lengthMs = timeframeMs(stream.tf)
    const candles: Candle[] = []
    let openMs = Math.min(Math.ceil(beforeMs / lengthMs) - 1, Math.floor(endedByMs / lengthMs) - 1) * lengthMs
    for (; openMs >= EPOCH_MS && candles.length < count; openMs -= lengthMs) {
      const candle = this.candle(stream, openMs)
      if (candle !== null) candles.push(candle)
    }
    return candles.toReversed()
  }

  #minutes(symbol: string): SimulatedMinutes {
    const known = this.#symbols.get(symbol)
    if (known !== undefined) return known
    const { seed, trendPersistence, outagesPerYear } = this.#options
    const minutes = new SimulatedMinutes(symbol, { seed, trendPersistence, outages: { seed, perYear: outagesPerYear } })
    this.#symbols.set(symbol, minutes)
    return minutes
  }
}

function finish(ts: number, bar: Bar): Candle {
  return { ts, o: bar.o, h: bar.h, l: bar.l, c: bar.c, v: roundVolume(bar.v) }
}
