import type { Candle, Stream } from '@spark/core/market/candle'
import type { Clock } from '../clock.ts'
import { backoffMs } from '../backoff.ts'
import { cutSockets, loadCcxtExchange, unifiedSymbol, type CcxtExchange, type OhlcvRows } from './ccxt-exchange.ts'
import { AwayError, CcxtRest, messageOf } from './ccxt-rest.ts'
import { CcxtStream } from './ccxt-stream.ts'
import { FeedError, type Feed, type FeedListener, type FeedWarning } from './feed.ts'

export interface CcxtFeedOptions {
  /** ccxt's id of the exchange, such as `binance`. */
  exchange: string
  clock: Clock
  /** Uniform in [0, 1), for jitter. */
  unit: () => number
  /** Everything goes to this address instead of the exchange: a proxy, or a test's server. */
  baseUrl?: string
  /** A socket without any message for this long is torn down. Default 20,000. */
  silentMs?: number
}

interface Opened {
  exchange: CcxtExchange
  /** Kept over failures: it remembers how long the exchange wants silence. */
  rest: CcxtRest
}

const SILENT_MS = 20_000
const CHECK_EVERY_MS = 1000
const RECONNECT = { firstMs: 500, maxMs: 30_000 }

/**
 * Candles of a real exchange: websocket for speed, REST for what it misses. ccxt is loaded at the first use.
 * The socket is watched by the feed's own clock, because sockets go silent without closing.
 */
export class CcxtFeed implements Feed {
  readonly name: string
  readonly #options: CcxtFeedOptions
  #opened: Promise<Opened> | null = null
  #loaded: Opened | null = null
  #listener: FeedListener | null = null
  #streams = new Map<string, CcxtStream>()
  #lastMessageMs = 0
  #connected = true
  #attempt = 0
  /** Counts stops: what works in the background ends when it is not in its own run any more. */
  #run = 0
  #stopActions = new Set<() => void>()
  #onFirstContact: () => void = () => {}

  constructor(options: CcxtFeedOptions) {
    this.name = `ccxt:${options.exchange}`
    this.#options = options
  }

  nowMs(): number {
    return this.#loaded?.rest.exchangeNowMs() ?? this.#options.clock.nowMs()
  }

  async backfill(stream: Stream, count: number, beforeMs: number): Promise<Candle[]> {
    const { exchange, rest } = await this.#open()
    return rest.candlesBefore(stream, unifiedSymbol(exchange, stream.symbol), count, beforeMs)
  }

  async start(streams: readonly Stream[], listener: FeedListener): Promise<void> {
    if (this.#listener !== null) throw new Error(`${this.name} is already started`)
    const { clock, unit } = this.#options
    const run = this.#run
    const startedMs = clock.monotonicMs()
    this.#listener = listener
    this.#connected = true
    this.#attempt = 0
    const begin = async (): Promise<void> => {
      const { exchange, rest } = await this.#open()
      if (this.#run !== run) return
      const pairs = streams.map((stream) => [unifiedSymbol(exchange, stream.symbol), stream.tf] as const)
      // What closed while the exchange was away is fetched.
      const sinceMs = rest.exchangeNowMs() - (clock.monotonicMs() - startedMs)
      streams.forEach((stream, index) => {
        const symbol = pairs[index]?.[0] ?? ''
        this.#streams.set(`${symbol} ${stream.tf}`, new CcxtStream({ stream, symbol, sinceMs, rest, clock, unit, listener }))
      })
      await this.#connect(exchange, rest, pairs)
    }
    try {
      await begin()
    } catch (error) {
      if (this.#run !== run) return
      if (!(error instanceof AwayError)) {
        await this.stop()
        throw error
      }
      this.#onDisconnected(error.message)
      void this.#beginLater(begin)
    }
  }

  async stop(): Promise<void> {
    this.#run++
    this.#listener = null
    for (const stream of this.#streams.values()) stream.stop()
    this.#streams.clear()
    for (const action of this.#stopActions) action()
    this.#stopActions.clear()
    this.#onFirstContact()
    // Not waiting for a request that opens it: an exchange that is away takes ten seconds not to answer.
    if (this.#loaded !== null) cutSockets(this.#loaded.exchange)
  }

  /** Tries again until it succeeds or the feed is stopped, never before the exchange allows it. Never rejects. */
  async #beginLater(begin: () => Promise<void>): Promise<void> {
    const run = this.#run
    for (;;) {
      const waitMs = backoffMs(RECONNECT, this.#attempt++, this.#options.unit())
      await this.#sleep(Math.max(waitMs, this.#loaded?.rest.quietMs() ?? 0))
      if (this.#run !== run) return
      try {
        await begin()
        return
      } catch (error) {
        if (this.#run !== run) return
        if (error instanceof AwayError) continue
        this.#warn({ code: 'feed_ended', message: `${this.name}: ${messageOf(error)}` })
        return
      }
    }
  }

  /** Loads the exchange and its markets, once for all calls; what failed is tried again by the next call. */
  #open(): Promise<Opened> {
    this.#opened ??= this.#openExchange().catch((error: unknown) => {
      this.#opened = null
      throw error
    })
    return this.#opened
  }

  async #openExchange(): Promise<Opened> {
    const { exchange: id, baseUrl = null, clock } = this.#options
    if (this.#loaded === null) {
      const exchange = await loadCcxtExchange(id, baseUrl, {
        onMessage: (rows) => this.#onMessage(rows),
        onBadMessage: (reason) => this.#onBadMessage(reason),
      })
      if (exchange.has['watchOHLCV'] !== true || exchange.has['fetchOHLCV'] !== true)
        throw new FeedError(`ccxt's ${id} has no candles by websocket`)
      this.#loaded = { exchange, rest: new CcxtRest(exchange, clock, (warning) => this.#warn(warning)) }
    }
    const { exchange, rest } = this.#loaded
    await rest.ask('the markets', async () => {
      // true: ccxt keeps a failed load and would repeat its error for ever.
      await exchange.loadMarkets(true)
      // ccxt makes this of a page of HTML; every symbol would be unknown.
      if (Object.keys(exchange.markets ?? {}).length === 0) throw new Error('the answer has none')
    })
    await rest.measureClock()
    return this.#loaded
  }

  /** Starts watching; resolves at the first word from the exchange, or at the first failure, which is then being repaired. */
  #connect(exchange: CcxtExchange, rest: CcxtRest, pairs: readonly (readonly [string, string])[]): Promise<void> {
    const { clock, silentMs = SILENT_MS } = this.#options
    this.#lastMessageMs = clock.monotonicMs()
    this.#stopActions.add(
      clock.every(CHECK_EVERY_MS, () => {
        rest.refreshOldClock()
        if (clock.monotonicMs() - this.#lastMessageMs <= silentMs) return
        this.#lastMessageMs = clock.monotonicMs()
        this.#onDisconnected(`no message for ${silentMs} ms`)
        cutSockets(exchange)
      }),
    )
    const firstContact = new Promise<void>((resolve) => {
      this.#onFirstContact = resolve
    })
    for (const watch of watches(exchange, pairs)) void this.#watch(watch)
    return firstContact
  }

  /** Watches until stopped, dialling again after each failure. */
  async #watch(watch: () => Promise<unknown>): Promise<void> {
    const run = this.#run
    while (this.#run === run) {
      try {
        await watch()
      } catch (error) {
        if (this.#run !== run) return
        this.#onDisconnected(messageOf(error))
        await this.#sleep(backoffMs(RECONNECT, this.#attempt++, this.#options.unit()))
        this.#lastMessageMs = this.#options.clock.monotonicMs()
      }
    }
  }

  #onMessage(rows: OhlcvRows): void {
    this.#lastMessageMs = this.#options.clock.monotonicMs()
    this.#onFirstContact()
    if (!this.#connected) {
      this.#connected = true
      this.#attempt = 0
      // The monotonic clock stands still while the machine sleeps.
      this.#loaded?.rest.refreshClock()
      this.#warn({ code: 'feed_reconnected', message: `${this.name} sends again` })
    }
    for (const [symbol, timeframes] of Object.entries(rows))
      for (const [timeframe, candles] of Object.entries(timeframes)) {
        const stream = this.#streams.get(`${symbol} ${timeframe}`)
        if (stream !== undefined) for (const row of candles) stream.onRow(row)
        else this.#warn({ code: 'feed_bad_message', message: `${this.name}: ${symbol} ${timeframe} was not asked for` })
      }
  }

  /** It may have been any stream's. */
  #onBadMessage(reason: string): void {
    this.#lastMessageMs = this.#options.clock.monotonicMs()
    for (const stream of this.#streams.values()) stream.doubt()
    this.#warn({ code: 'feed_bad_message', message: `${this.name}: ${reason}` })
  }

  #onDisconnected(reason: string): void {
    this.#onFirstContact()
    for (const stream of this.#streams.values()) stream.doubt()
    if (!this.#connected) return
    this.#connected = false
    this.#warn({ code: 'feed_disconnected', message: `${this.name}: ${reason}` })
  }

  #warn(warning: FeedWarning): void {
    this.#listener?.onWarning(warning)
  }

  /** Ends early when the feed is stopped. */
  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        this.#stopActions.delete(end)
        resolve()
      }
      const cancel = this.#options.clock.after(delayMs, end)
      this.#stopActions.add(end)
    })
  }
}

/**
 * What keeps the subscriptions up and rejects when the connection is lost; candles come by #onMessage. One watch for all streams
 * where the exchange allows it, else one for each.
 */
function watches(exchange: CcxtExchange, pairs: readonly (readonly [string, string])[]): (() => Promise<unknown>)[] {
  if (exchange.has['watchOHLCVForSymbols'] === true) return [() => exchange.watchOHLCVForSymbols(pairs)]
  return pairs.map(
    ([symbol, timeframe]) =>
      () =>
        exchange.watchOHLCV(symbol, timeframe),
  )
}
