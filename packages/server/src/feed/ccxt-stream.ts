import { streamName, type Candle, type Stream } from '@spark/core/market/candle'
import { candleOpenMs, timeframeMs } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import { backoffMs } from '../backoff.ts'
import { CandleSequence } from './candle-sequence.ts'
import { candleOfRow, isUsable, messageOf, type CcxtRest } from './ccxt-rest.ts'
import type { OhlcvRow } from './ccxt-exchange.ts'
import type { FeedListener } from './feed.ts'

/** After its end a candle whose successor has not come is asked for by REST: exchanges publish it within a second. */
const CONFIRM_AFTER_MS = 2000
const RETRY = { firstMs: 1000, maxMs: 30_000 }
/** Fetches without an answer to what is missing before the websocket's candle, until it is taken as not existing. */
const GIVE_UP_AFTER = 5
/** Further ahead of the exchange's clock no candle can honestly open. */
const AHEAD_MS_MAX = 60_000

export interface CcxtStreamOptions {
  stream: Stream
  /** ccxt's name of the symbol. */
  symbol: string
  /** Exchange time from which candles are sent: the first is the one that forms then. */
  sinceMs: number
  rest: CcxtRest
  clock: Clock
  unit: () => number
  listener: FeedListener
}

/** One stream of an exchange: turns websocket rows and REST answers into candles in order, each closed once. */
export class CcxtStream {
  readonly #options: CcxtStreamOptions
  readonly #lengthMs: number
  readonly #sequence: CandleSequence
  #fetching = false
  #stopped = false
  #attempt = 0
  #cancelTimer: () => void = () => {}

  constructor(options: CcxtStreamOptions) {
    const { stream, sinceMs } = options
    this.#options = options
    this.#lengthMs = timeframeMs(stream.tf)
    this.#sequence = new CandleSequence(this.#lengthMs, candleOpenMs(sinceMs, stream.tf))
    this.#scheduleConfirm()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
  }

  /** The connection was lost, or some message was dropped unread. */
  doubt(): void {
    this.#sequence.doubt()
  }

  onRow(row: OhlcvRow): void {
    const candle = candleOfRow(row)
    if (this.#stopped) return
    if (!isUsable(candle, this.#lengthMs) || candle.ts > this.#options.rest.exchangeNowMs() + AHEAD_MS_MAX) {
      this.#sequence.doubt()
      this.#bad(`candle ${JSON.stringify(row)} cannot be right`)
      return
    }
    const step = this.#sequence.update(candle)
    if (step.kind === 'late') {
      if (!step.expected) this.#bad(`candle ${candle.ts} came out of order, after ${this.#sequence.expectedTs} began`)
    } else if (step.kind === 'forming') this.#send(step.candle, false)
    else if (step.kind === 'closed') {
      this.#send(step.closed, true)
      this.#send(step.forming, false)
      this.#scheduleConfirm()
    } else void this.#fetch()
  }

  #scheduleConfirm(): void {
    this.#attempt = 0
    this.#after(this.#sequence.expectedEndMs + CONFIRM_AFTER_MS - this.#options.rest.exchangeNowMs())
  }

  #after(delayMs: number): void {
    this.#cancelTimer()
    if (!this.#stopped) this.#cancelTimer = this.#options.clock.after(Math.max(0, delayMs), () => void this.#fetch())
  }

  /** Asks for everything from the expected candle to now. Never rejects. */
  async #fetch(): Promise<void> {
    if (this.#fetching || this.#stopped) return
    this.#fetching = true
    const { stream, symbol, rest } = this.#options
    try {
      const nowMs = Math.max(rest.exchangeNowMs(), this.#sequence.seenTs)
      const candles = await rest.range(stream, symbol, this.#sequence.expectedTs, nowMs + 1)
      if (!this.#stopped) this.#onFetched(candles, nowMs)
    } catch (error) {
      this.#retry(rest.quietMs())
      const message = `${streamName(stream)}: missed candles could not be fetched, trying again: ${messageOf(error)}`
      if (!this.#stopped) this.#options.listener.onWarning({ code: 'feed_backfill_failed', message })
    } finally {
      this.#fetching = false
    }
  }

  #onFetched(candles: readonly Candle[], nowMs: number): void {
    const { closed, forming } = this.#sequence.fetched(candles, nowMs)
    for (const candle of closed) this.#send(candle, true)
    if (forming !== null) this.#send(forming, false)
    const behind = this.#sequence.seenTs > this.#sequence.expectedTs
    if (closed.length > 0 && !behind) this.#scheduleConfirm()
    else if (behind && this.#attempt >= GIVE_UP_AFTER) {
      const ahead = this.#sequence.skipToAhead()
      if (ahead !== null) this.#send(ahead, false)
      this.#scheduleConfirm()
    } else this.#retry(0)
  }

  #retry(atLeastMs: number): void {
    this.#after(Math.max(atLeastMs, backoffMs(RETRY, this.#attempt++, this.#options.unit())))
  }

  #send(candle: Candle, closed: boolean): void {
    if (!this.#stopped) void this.#options.listener.onCandle({ stream: this.#options.stream, candle, closed })
  }

  #bad(reason: string): void {
    this.#options.listener.onWarning({ code: 'feed_bad_message', message: `${streamName(this.#options.stream)}: ${reason}` })
  }
}
