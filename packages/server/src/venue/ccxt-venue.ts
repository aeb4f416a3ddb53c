import type { Instrument } from '@spark/core/market/instrument'
import { Decimal } from '@spark/core/trading/decimal'
import type { Side } from '@spark/core/trading/order'
import { messageWithout, venueErrorOf } from './ccxt-error.ts'
import { TICK_SIZE, loadAccount, type CcxtAccount, type CcxtOrder, type CcxtTrade } from './ccxt-account.ts'
import { instrumentOf, plain } from './ccxt-instrument.ts'
import type { Clock } from '../clock.ts'
import type { ExchangeKeys } from '../exchange-keys.ts'
import { formProblem } from './order-form.ts'
import { venueName, type TradableExchange } from './venue-names.ts'
import {
  VenueError,
  type Balance,
  type Venue,
  type VenueFill,
  type VenueListener,
  type VenueOrder,
  type VenueOrderRequest,
  type VenueOrderState,
} from './venue.ts'

export interface CcxtVenueOptions {
  exchange: TradableExchange
  keys: ExchangeKeys
  /** False: the exchange's testnet. */
  live: boolean
  /** Called in place of the exchange; null: the exchange. */
  baseUrl: string | null
  clock: Clock
}

const LOOK_EVERY_MS = 1000
/** Orders that are asked for at each look; with more the rest comes next. */
const LOOK_ORDERS_MAX = 20
const CLOCK_EVERY_MS = 600_000
const TRADES_PAGE = 1000
const TRADE_PAGES_MAX = 50
const REMEMBERED_ORDERS_MAX = 20_000

/**
 * Spot orders through ccxt, by REST alone: orders that are open are asked for each second, which works alike on every exchange and
 * after every loss of a connection.
 */
export async function openCcxtVenue(options: CcxtVenueOptions): Promise<CcxtVenue> {
  const offset = { ms: 0 }
  const { exchange, keys, live, baseUrl, clock } = options
  const account = await loadAccount(exchange, { keys, baseUrl, sandbox: !live, nowMs: () => clock.nowMs() + offset.ms })
  const venue = new CcxtVenue(account, options, offset)
  await venue.measureClock()
  await venue.loadMarkets()
  return venue
}

export class CcxtVenue implements Venue {
  readonly name: string
  readonly #account: CcxtAccount
  readonly #clock: Clock
  readonly #keys: ExchangeKeys
  /** Exchange time less ours. */
  readonly #offset: { ms: number }
  readonly #instruments = new Map<string, { instrument: Instrument; unified: string }>()
  /** Ids by the exchange's order number, and orders that were open when last heard of, by our id. */
  readonly #clientIds = new Map<string, string>()
  readonly #open = new Map<string, VenueOrder>()
  #cancelTimers: (() => void)[] = []
  #listener: VenueListener | null = null
  #looking: Promise<void> = Promise.resolve()

  constructor(account: CcxtAccount, options: CcxtVenueOptions, offset: { ms: number }) {
    this.name = venueName(`ccxt:${options.exchange}`, options.live)
    this.#account = account
    this.#clock = options.clock
    this.#keys = options.keys
    this.#offset = offset
  }

  async measureClock(): Promise<void> {
    const sentMs = this.#clock.nowMs()
    const exchangeMs = await this.#ask('time', () => this.#account.fetchTime())
    if (exchangeMs !== undefined) this.#offset.ms = Math.round(exchangeMs - (sentMs + this.#clock.nowMs()) / 2)
  }

  async loadMarkets(): Promise<void> {
    await this.#ask('markets', () => this.#account.loadMarkets(true))
    if (this.#account.precisionMode !== TICK_SIZE)
      throw new VenueError('refused', 'unsupported_exchange', `${this.name} does not list steps of prices and quantities`)
    for (const market of Object.values(this.#account.markets ?? {})) {
      const instrument = instrumentOf(market)
      if (instrument !== null) this.#instruments.set(instrument.symbol, { instrument, unified: market.symbol })
    }
  }

  instruments(symbols: readonly string[]): Promise<Instrument[]> {
    return Promise.resolve(symbols.map((symbol) => this.#instruments.get(symbol)?.instrument).filter((one) => one !== undefined))
  }

  async place(request: VenueOrderRequest): Promise<VenueOrder> {
    const { clientOrderId, symbol, side, quantity, price, signedAtMs, receiveWindowMs } = request
    const { instrument, unified } = this.#listed(symbol)
    const problem = formProblem(request, instrument)
    if (problem !== null) throw new VenueError('refused', 'invalid_order', problem)
    try {
      const answer = await this.#ask('order', () =>
        this.#account.createOrder(unified, price === null ? 'market' : 'limit', side, quantity, price ?? undefined, {
          clientOrderId,
          // By when it was allowed, not by when it came to be written: late, the exchange itself refuses.
          timestamp: signedAtMs + this.#offset.ms,
          recvWindow: receiveWindowMs,
        }),
      )
      // Some answers only say that it was taken.
      return this.#remember(this.#orderOf(symbol, { ...answer, clientOrderId, side, amount: answer.amount ?? quantity }))
    } catch (error) {
      if (error instanceof VenueError && error.code === 'clock_skew') this.#refreshClock()
      throw error
    }
  }

  async cancel(symbol: string, clientOrderId: string): Promise<VenueOrder> {
    const { unified } = this.#listed(symbol)
    const known = await this.order(symbol, clientOrderId)
    if (known === null) throw new VenueError('refused', 'unknown_order', `there is no ${clientOrderId}`)
    if (isOpen(known)) {
      try {
        await this.#ask('cancel', () => this.#account.cancelOrder(known.venueOrderId, unified))
      } catch (error) {
        // It ended meanwhile; what it became is asked for below.
        if (!(error instanceof VenueError && error.code === 'unknown_order')) throw error
      }
    }
    const after = (await this.order(symbol, clientOrderId)) ?? known
    this.#listener?.onOrder(after)
    return after
  }

  async order(symbol: string, clientOrderId: string): Promise<VenueOrder | null> {
    const { unified } = this.#listed(symbol)
    try {
      const found = await this.#ask('order query', () => this.#account.fetchOrder(undefined, unified, { clientOrderId }))
      return this.#remember(this.#orderOf(symbol, { ...found, clientOrderId }))
    } catch (error) {
      if (error instanceof VenueError && error.code === 'unknown_order') return null
      throw error
    }
  }

  async openOrders(symbols: readonly string[]): Promise<VenueOrder[]> {
    const orders: VenueOrder[] = []
    for (const symbol of symbols) {
      const { unified } = this.#listed(symbol)
      const found = await this.#ask('open orders', () => this.#account.fetchOpenOrders(unified))
      orders.push(...found.map((one) => this.#remember(this.#orderOf(symbol, one))))
    }
    return orders
  }

  async fills(symbol: string, sinceMs: number): Promise<VenueFill[]> {
    const { unified } = this.#listed(symbol)
    const fills: VenueFill[] = []
    let fromId: string | null = null
    for (let page = 0; page < TRADE_PAGES_MAX; page++) {
      const from: string | null = fromId
      const trades: CcxtTrade[] = await this.#ask('trades', () =>
        from === null
          ? this.#account.fetchMyTrades(unified, Math.max(0, sinceMs + this.#offset.ms), TRADES_PAGE)
          : this.#account.fetchMyTrades(unified, undefined, TRADES_PAGE, { fromId: from }),
      )
      for (const trade of trades) {
        const orderId = text(trade.order, 'order of a trade')
        fills.push({
          fillId: trade.id,
          clientOrderId: await this.#clientIdOf(unified, orderId),
          venueOrderId: orderId,
          symbol,
          side: sideOf(trade.side),
          quantity: plain(text(trade.amount, 'quantity of a trade')),
          price: plain(text(trade.price, 'price of a trade')),
          fee: plain(trade.fee?.cost ?? '0'),
          feeAsset: trade.fee?.currency ?? this.#listed(symbol).instrument.quote,
          ts: trade.timestamp - this.#offset.ms,
        })
      }
      const last = trades.at(-1)
      if (trades.length < TRADES_PAGE || last === undefined) return fills
      fromId = String(BigInt(last.id) + 1n)
    }
    throw new VenueError('unavailable', 'too_many_fills', `more than ${TRADE_PAGES_MAX * TRADES_PAGE} fills of ${symbol} at once`)
  }

  async balances(): Promise<Balance[]> {
    const answer = await this.#ask('balances', () => this.#account.fetchBalance())
    const totals = answer['total'] as Record<string, string | undefined> | undefined
    return Object.keys(totals ?? {}).map((asset) => {
      const { free, used } = answer[asset] as { free?: string; used?: string }
      return { asset, free: plain(free ?? '0'), locked: plain(used ?? '0') }
    })
  }

  start(listener: VenueListener): Promise<void> {
    this.#listener = listener
    this.#cancelTimers = [
      this.#clock.every(LOOK_EVERY_MS, () => void this.look()),
      this.#clock.every(CLOCK_EVERY_MS, () => this.#refreshClock()),
    ]
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#listener = null
    for (const cancel of this.#cancelTimers) cancel()
    await this.#looking
  }

  /** Asks for the orders that are open, one look after the other, and tells what changed. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#lookOnce())
      .catch((error: unknown) => {
        if (!(error instanceof VenueError)) throw error
        this.#listener?.onWarning({ code: error.code, message: error.message })
      })
    return this.#looking
  }

  async #lookOnce(): Promise<void> {
    for (const before of [...this.#open.values()].slice(0, LOOK_ORDERS_MAX)) {
      this.#open.delete(before.clientOrderId)
      // Behind the others, so that each has its turn; `order` forgets what has ended.
      this.#open.set(before.clientOrderId, before)
      const after = await this.order(before.symbol, before.clientOrderId)
      if (after === null || this.#listener === null) continue
      if (after.filledQuantity !== '0' && (!isOpen(after) || after.filledQuantity !== before.filledQuantity))
        for (const fill of await this.fills(after.symbol, before.updatedMs - CLOCK_EVERY_MS))
          if (fill.clientOrderId === after.clientOrderId) this.#listener.onFill(fill)
      if (after.state !== before.state || after.filledQuantity !== before.filledQuantity || !isOpen(after))
        this.#listener.onOrder(after)
      if (!isOpen(after)) this.#open.delete(after.clientOrderId)
    }
  }

  /** A new order is looked at again, also when it has ended at once: then its fills are told. */
  #remember(order: VenueOrder): VenueOrder {
    this.#clientIds.set(order.venueOrderId, order.clientOrderId)
    for (const id of this.#clientIds.keys()) {
      if (this.#clientIds.size <= REMEMBERED_ORDERS_MAX) break
      this.#clientIds.delete(id)
    }
    if (isOpen(order) || !this.#open.has(order.clientOrderId)) this.#open.set(order.clientOrderId, order)
    return order
  }

  async #clientIdOf(unified: string, orderId: string): Promise<string> {
    const known = this.#clientIds.get(orderId)
    if (known !== undefined) return known
    const found = await this.#ask('order of a trade', () => this.#account.fetchOrder(orderId, unified))
    const clientOrderId = found.clientOrderId ?? `unnamed-${orderId}`
    this.#clientIds.set(orderId, clientOrderId)
    return clientOrderId
  }

  #orderOf(symbol: string, found: CcxtOrder): VenueOrder {
    const filled = new Decimal(found.filled ?? 0)
    return {
      clientOrderId: found.clientOrderId ?? `unnamed-${found.id}`,
      venueOrderId: found.id,
      symbol,
      side: sideOf(found.side),
      quantity: plain(text(found.amount, 'quantity of an order')),
      filledQuantity: filled.toString(),
      state: stateOf(found.status, filled),
      updatedMs: (found.lastUpdateTimestamp ?? found.timestamp ?? this.#clock.nowMs() + this.#offset.ms) - this.#offset.ms,
    }
  }

  #listed(symbol: string): { instrument: Instrument; unified: string } {
    const listed = this.#instruments.get(symbol)
    if (listed === undefined) throw new VenueError('refused', 'unknown_symbol', `${this.name} does not list ${symbol}`)
    return listed
  }

  #refreshClock(): void {
    this.measureClock().catch((error: unknown) => {
      if (!(error instanceof VenueError)) throw error
      this.#listener?.onWarning({ code: error.code, message: error.message })
    })
  }

  async #ask<Answer>(what: string, request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request()
    } catch (error) {
      const secrets = [this.#keys.apiKey, this.#keys.secret]
      throw venueErrorOf(error, what, this.#account.last_response_headers, this.#clock.nowMs(), (message) =>
        messageWithout(message, secrets),
      )
    }
  }
}

function stateOf(status: string | undefined, filled: Decimal): VenueOrderState {
  if (status === 'closed') return 'filled'
  if (status === 'canceled') return 'cancelled'
  if (status === 'expired' || status === 'rejected') return status
  return filled.gt(0) ? 'partly_filled' : 'open'
}

function isOpen({ state }: VenueOrder): boolean {
  return state === 'open' || state === 'partly_filled'
}

function sideOf(side: string): Side {
  if (side === 'buy' || side === 'sell') return side
  throw new VenueError('unknown', 'bad_answer', `the exchange named the side ${side}`)
}

function text(value: string | undefined, what: string): string {
  if (value === undefined) throw new VenueError('unknown', 'bad_answer', `the exchange did not say the ${what}`)
  return value
}
