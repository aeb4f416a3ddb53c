import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { candleOpenMs, timeframeMs } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import type { Feed, FeedListener } from './feed.ts'
import { SimulatedMarket, type SimulatedMarketOptions } from './simulated-market.ts'
import { TICK_MS } from './simulated-minutes.ts'

export interface SimulatedFeedOptions extends SimulatedMarketOptions {
  clock: Clock
  /** One that exists already, instead of one by the options. */
  market?: SimulatedMarket
  /** How often forming candles are sent, a multiple of 2 s; default 2 s. */
  tickMs?: number
}

/** Closed candles sent after the clock jumped; more than a day of 1m is left to the backfill. */
const CATCH_UP_CANDLES_MAX = 1500

/** The simulated market by the wall clock: a forming candle for each stream every 2 s, its closed one when it ends. */
export class SimulatedFeed implements Feed {
  readonly name = 'sim'
  readonly #clock: Clock
  readonly #market: SimulatedMarket
  readonly #tickMs: number
  #listener: FeedListener | null = null
  #cancel: () => void = () => {}
  /** Open time of the candle that closes next, for each stream. */
  #next = new Map<Stream, number>()

  constructor(options: SimulatedFeedOptions) {
    this.#clock = options.clock
    this.#market = options.market ?? new SimulatedMarket(options)
    this.#tickMs = options.tickMs ?? TICK_MS
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  backfill(stream: Stream, count: number, beforeMs: number): Promise<Candle[]> {
    return Promise.resolve(this.#market.candlesBefore(stream, count, beforeMs, this.nowMs()))
  }

  start(streams: readonly Stream[], listener: FeedListener): Promise<void> {
    if (this.#listener !== null) return Promise.reject(new Error('the simulated feed is already started'))
    this.#listener = listener
    this.#next = new Map(streams.map((stream) => [stream, candleOpenMs(this.nowMs(), stream.tf)]))
    this.#scheduleTick()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#cancel()
    this.#listener = null
    return Promise.resolve()
  }

  /** On the next even second of the wall clock, whatever the tick before cost. */
  #scheduleTick(): void {
    const delayMs = this.#tickMs - (this.nowMs() % this.#tickMs)
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#tick()
      if (this.#listener !== null) this.#scheduleTick()
    })
  }

  #tick(): void {
    const nowMs = this.nowMs()
    for (const stream of this.#next.keys()) {
      this.#sendClosed(stream, nowMs)
      const candle = this.#market.formingCandle(stream, nowMs)
      // After a step of the clock into the past, the candle is already closed.
      if (candle !== null && candle.ts >= (this.#next.get(stream) ?? 0))
        void this.#listener?.onCandle({ stream, candle, closed: false })
    }
  }

  #sendClosed(stream: Stream, nowMs: number): void {
    const lengthMs = timeframeMs(stream.tf)
    let openMs = this.#next.get(stream) ?? nowMs
    const ended = Math.floor((nowMs - openMs) / lengthMs)
    if (ended > CATCH_UP_CANDLES_MAX) {
      this.#listener?.onWarning({
        code: 'feed_reconnected',
        message: `${streamName(stream)}: the clock jumped over ${ended} candles; only the last ${CATCH_UP_CANDLES_MAX} are sent`,
      })
      openMs += (ended - CATCH_UP_CANDLES_MAX) * lengthMs
    }
    for (; openMs + lengthMs <= nowMs; openMs += lengthMs) {
      const candle = this.#market.candle(stream, openMs)
      if (candle !== null) void this.#listener?.onCandle({ stream, candle, closed: true })
    }
    this.#next.set(stream, openMs)
  }
}
