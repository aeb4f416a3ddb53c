import { candleFault, type Candle, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { Clock } from '../clock.ts'
import { isRateLimit, retryAfterMs } from '../ccxt/rate-limit.ts'
import type { CcxtExchange, OhlcvRow } from './ccxt-exchange.ts'
import { FeedError, type FeedWarning } from './feed.ts'

/** Candles asked for at once; most exchanges give 1000, those that give fewer are asked again. */
const PAGE = 1000
/** Requests for one range: 200,000 candles at 1000 each. */
const PAGES_MAX = 200
/** Looks further back when the exchange has no candle for part of the asked time. */
const EXTRA_ROUNDS = 3
/** Crystals drift by less than 100 ppm, 0.4 s an hour. */
const CLOCK_AGE_MS_MAX = 3_600_000
const CLOCK_RETRY_MS = 60_000

/** The exchange could not be asked or gave no usable answer: that can pass. */
export class AwayError extends FeedError {}

/** The REST side of an exchange: ranges of candles, the exchange's time, and silence for as long as the exchange asked. */
export class CcxtRest {
  readonly #exchange: CcxtExchange
  readonly #clock: Clock
  readonly #warn: (warning: FeedWarning) => void
  /** Monotonic time before which nothing is asked. */
  #quietUntilMs = 0
  /** Exchange time less monotonic time, so that a step of the wall clock changes nothing; null before it was measured. */
  #offsetMs: number | null = null
  /** Monotonic time from which the offset is too old. */
  #measureFromMs = 0

  constructor(exchange: CcxtExchange, clock: Clock, warn: (warning: FeedWarning) => void) {
    this.#exchange = exchange
    this.#clock = clock
    this.#warn = warn
  }

  /** The exchange's time by its own clock, as measured by `measureClock`; before that, wall time. */
  exchangeNowMs(): number {
    return this.#offsetMs === null ? this.#clock.nowMs() : Math.round(this.#clock.monotonicMs() + this.#offsetMs)
  }

  /** Milliseconds until the exchange may be asked again. */
  quietMs(): number {
    return Math.max(0, this.#quietUntilMs - this.#clock.monotonicMs())
  }

  async measureClock(): Promise<void> {
    if (this.#exchange.has['fetchTime'] !== true) return
    const sentMs = this.#clock.monotonicMs()
    this.#measureFromMs = sentMs + CLOCK_AGE_MS_MAX
    const exchangeMs = await this.ask('the time', () => this.#exchange.fetchTime())
    if (exchangeMs !== undefined) this.#offsetMs = exchangeMs - (sentMs + this.#clock.monotonicMs()) / 2
  }

  /** Measures the clock anew, in the background; while that fails, the offset that is known stays. */
  refreshClock(): void {
    this.measureClock().catch(() => {
      this.#measureFromMs = this.#clock.monotonicMs() + Math.max(CLOCK_RETRY_MS, this.quietMs())
    })
  }

  /** The same, if the last measurement is an hour old. */
  refreshOldClock(): void {
    if (this.#clock.monotonicMs() >= this.#measureFromMs) this.refreshClock()
  }

  /** The newest `count` closed candles that opened before `beforeMs`, oldest first. Rejects with FeedError. */
  async candlesBefore(stream: Stream, symbol: string, count: number, beforeMs: number): Promise<Candle[]> {
    const lengthMs = timeframeMs(stream.tf)
    const now = this.exchangeNowMs()
    let endMs = Math.min(Math.ceil(beforeMs / lengthMs), Math.floor(now / lengthMs)) * lengthMs
    const candles: Candle[] = []
    for (let round = 0; round <= EXTRA_ROUNDS && candles.length < count; round++) {
      const startMs = Math.max(0, endMs - (count - candles.length) * lengthMs)
      const found = await this.range(stream, symbol, startMs, endMs)
      if (found.length === 0) break
      candles.unshift(...found)
      endMs = startMs
    }
    return candles.slice(-count)
  }

  /** Valid candles that open in [startMs, endMs), oldest first, each once; the last may still be forming. Rejects with FeedError. */
  async range(stream: Stream, symbol: string, startMs: number, endMs: number): Promise<Candle[]> {
    const lengthMs = timeframeMs(stream.tf)
    const candles = new Map<number, Candle>()
    let cursorMs = startMs
    for (let page = 0; page < PAGES_MAX && cursorMs < endMs; page++) {
      const limit = Math.min(PAGE, Math.ceil((endMs - cursorMs) / lengthMs))
      const since = cursorMs
      const rows = await this.ask(`candles of ${stream.symbol} ${stream.tf}`, () =>
        this.#exchange.fetchOHLCV(symbol, stream.tf, since, limit),
      )
      if (rows.length === 0) this.#expectJson()
      const found = rows.map(candleOfRow).filter((candle) => candle.ts >= cursorMs)
      for (const candle of found) if (candle.ts < endMs && isUsable(candle, lengthMs)) candles.set(candle.ts, candle)
      if (found.length === 0) break
      cursorMs = Math.max(...found.map((candle) => candle.ts)) + lengthMs
    }
    return [...candles.values()].sort((a, b) => a.ts - b.ts)
  }

  /** Runs one request, unless the exchange asked for silence. What goes wrong becomes an AwayError. */
  async ask<Answer>(what: string, request: () => Promise<Answer>): Promise<Answer> {
    const quietMs = this.quietMs()
    if (quietMs > 0)
      throw new AwayError(`${what}: not asked, the exchange wants no request for ${quietMs} ms`, { retryAfterMs: quietMs })
    try {
      return await request()
    } catch (error) {
      if (!isRateLimit(error)) throw new AwayError(`${what}: ${messageOf(error)}`, { cause: error })
      const waitMs = retryAfterMs(this.#exchange.last_response_headers, this.exchangeNowMs())
      this.#quietUntilMs = Math.max(this.#quietUntilMs, this.#clock.monotonicMs() + waitMs)
      const message = `${what}: the exchange's rate limit is reached; no request for ${waitMs} ms`
      this.#warn({ code: 'feed_rate_limited', message })
      throw new AwayError(message, { cause: error, retryAfterMs: waitMs })
    }
  }

  /** ccxt makes an empty list of a page of HTML with status 200, as a proxy or a captive portal sends it. */
  #expectJson(): void {
    const body = this.#exchange.last_http_response
    if (typeof body === 'string' && !/^\s*[[{]/.test(body)) throw new FeedError('the answer is not JSON')
  }
}

/** What the exchange did not send is NaN and does not pass `isUsable`. */
export function candleOfRow(row: OhlcvRow): Candle {
  const field = (index: number): number => row[index] ?? Number.NaN
  return { ts: field(0), o: field(1), h: field(2), l: field(3), c: field(4), v: field(5) }
}

export function isUsable(candle: Candle, lengthMs: number): boolean {
  return candleFault(candle) === null && candle.ts % lengthMs === 0
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
