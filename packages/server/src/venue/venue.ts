import type { VenueCode } from '@spark/core/trading/path-codes'
import type { Instrument } from '@spark/core/market/instrument'
import type { DecimalText } from '@spark/core/trading/decimal'
import type { Side } from '@spark/core/trading/order'

/** A market order, or a limit order when `price` is given. */
export interface VenueOrderRequest {
  clientOrderId: string
  symbol: string
  side: Side
  /** Base units, a multiple of the lot. */
  quantity: DecimalText
  /** Limit, quote units, a multiple of the tick; null: market. */
  price: DecimalText | null
  /** When it was allowed to be sent, ms. */
  signedAtMs: number
  /** The venue refuses the order when it arrives later than this after `signedAtMs`; at most 5,000 ms. */
  receiveWindowMs: number
}

export type VenueOrderState = 'open' | 'partly_filled' | 'filled' | 'cancelled' | 'expired' | 'rejected'

/** An order as the venue's own book has it. */
export interface VenueOrder {
  clientOrderId: string
  venueOrderId: string
  symbol: string
  side: Side
  quantity: DecimalText
  filledQuantity: DecimalText
  state: VenueOrderState
  updatedMs: number
}

export interface VenueFill {
  /** Unique within venue and symbol. */
  fillId: string
  clientOrderId: string
  venueOrderId: string
  symbol: string
  side: Side
  /** Base units. */
  quantity: DecimalText
  /** Quote units. */
  price: DecimalText
  /** In units of `feeAsset`. */
  fee: DecimalText
  feeAsset: string
  ts: number
}

export interface Balance {
  asset: string
  free: DecimalText
  locked: DecimalText
}

/**
 * Why a venue did not do it.
 * `refused`: it answered no, nothing was placed or changed (`code` says why). `unavailable`: it was not asked or did not
 * take the request, nothing was placed; try again after `retryAfterMs`. `unknown`: no usable answer, it may have been done.
 */
export class VenueError extends Error {
  readonly kind: 'refused' | 'unavailable' | 'unknown'
  readonly code: VenueCode
  readonly retryAfterMs: number
  constructor(
    kind: VenueError['kind'],
    code: VenueCode,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'VenueError'
    this.kind = kind
    this.code = code
    this.retryAfterMs = options.retryAfterMs ?? 0
  }
}

/** Told as it happens, possibly twice and in any order. A listener must not throw. */
export interface VenueListener {
  onFill(fill: VenueFill): void
  onOrder(order: VenueOrder): void
  onWarning(warning: { code: string; message: string }): void
}

/** Where orders go. The contract is tested for every implementation in venue-contract.ts. All methods reject with VenueError. */
export interface Venue {
  /** `paper`, `ccxt:binance` … */
  readonly name: string
  /** The listing of these symbols, asked for once and kept; symbols that the venue does not list are left out. */
  instruments(symbols: readonly string[]): Promise<Instrument[]>
  /**
   * Resolves when the venue has taken the order. A client order id that is open is `refused` with `duplicate_order`; some exchanges
   * take one again after it was filled, so nobody sends again without having asked.
   */
  place(request: VenueOrderRequest): Promise<VenueOrder>
  /** Resolves with the order as it is then, also when it had ended before. */
  cancel(symbol: string, clientOrderId: string): Promise<VenueOrder>
  /** Null: the venue says that it has no such order (it may be wrong for seconds after placing). */
  order(symbol: string, clientOrderId: string): Promise<VenueOrder | null>
  openOrders(symbols: readonly string[]): Promise<VenueOrder[]>
  /** Fills of a symbol from `sinceMs` on, oldest first. */
  fills(symbol: string, sinceMs: number): Promise<VenueFill[]>
  balances(): Promise<Balance[]>
  /** Pushes what happens to orders from now on. */
  start(listener: VenueListener): Promise<void>
  stop(): Promise<void>
}

/** A market price, for venues that fill by themselves. */
export interface PriceTick {
  symbol: string
  price: number
  ts: number
}
