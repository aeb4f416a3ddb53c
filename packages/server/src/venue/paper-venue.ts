import type { Kysely } from 'kysely'
import { roundToStep, type Instrument } from '@spark/core/market/instrument'
import { Decimal, parseDecimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Clock } from '../clock.ts'
import type { Randomness } from '../random.ts'
import { openPaperBook, type OpenPaperOptions, type PaperBook } from '../storage/open-paper-book.ts'
import type { PaperOrderRow, PaperTables } from '../storage/paper-tables.ts'
import { isPostgresUrl } from '../storage/postgres-url.ts'
import { WELL_BEHAVED, type Misbehaviour } from './misbehaviour.ts'
import { formProblem } from './order-form.ts'
import {
  addBalance,
  addFill,
  addOrder,
  changeOrder,
  fillsSince,
  freeOf,
  nextNumber,
  openRows,
  orderNamed,
  orderRow,
  venueOrder,
} from './paper-book.ts'
import { paperInstrument } from './paper-instruments.ts'
import {
  VenueError,
  type Balance,
  type PriceTick,
  type Venue,
  type VenueFill,
  type VenueListener,
  type VenueOrder,
  type VenueOrderRequest,
} from './venue.ts'

export interface PaperTerms {
  /** Share of the value of a fill, taken in the quote asset. */
  feeRate: DecimalText
  /** Half of the spread, basis points. */
  halfSpreadBps: DecimalText
  /** Further basis points for each 100,000 quote units of an order. */
  impactBps: DecimalText
  /** Share of orders (0 … 1) that fill in two halves, the second at the tick after. */
  partialFills: number
}

export const PAPER_TERMS: PaperTerms = { feeRate: '0.001', halfSpreadBps: '1', impactBps: '5', partialFills: 0 }

type PaperOptions = Omit<PaperVenueOptions, keyof OpenPaperOptions> & {
  /** Other processes take and fill orders in the same book. */
  shared?: boolean
}

/** The book lives on when this process dies, as an exchange's does. */
export interface PaperVenueOptions extends OpenPaperOptions {
  clock: Pick<Clock, 'nowMs'>
  /** Wall time, ms, when the clock is not (a replay): receive windows are held by it. */
  wallMs?: () => number
  random: Pick<Randomness, 'unit'>
  /** What a new account holds. */
  startBalances: Readonly<Record<string, DecimalText>>
  terms?: PaperTerms
  misbehaviour?: Misbehaviour
}

/** What a buy locks above its value at the last price, since it fills at the next one. */
const LOCK_MARGIN = '1.05'
const IMPACT_STEP = 100_000

/**
 * A venue of paper money. Orders fill at the first price that comes after they were taken, at
 * price · (1 ± (halfSpreadBps + impactBps · value / 100,000) / 10,000), rounded to the tick to the worse side.
 */
export async function openPaperVenue(options: PaperVenueOptions): Promise<PaperVenue> {
  return fundPaperVenue(await openPaperBook(options), { ...options, shared: isPostgresUrl(options.path) })
}

/** The venue on a database that is open; a new account gets its balances. */
export async function fundPaperVenue(database: PaperBook, options: PaperOptions): Promise<PaperVenue> {
  const { startBalances } = options
  await database.db.transaction().execute(async (trx) => {
    const known = await trx.selectFrom('paper_balance').select('asset').limit(1).execute()
    if (known.length > 0) return
    for (const [asset, amount] of Object.entries(startBalances)) await addBalance(trx, asset, new Decimal(amount), new Decimal(0))
  })
  return new PaperVenue(database, options)
}

export class PaperVenue implements Venue {
  readonly name = 'paper'
  readonly #database: PaperBook
  readonly #options: PaperOptions
  readonly #terms: PaperTerms
  readonly #misbehaviour: Misbehaviour
  readonly #lastPrices = new Map<string, Decimal>()
  /** Symbols without an open order: most prices find none, and need not look. */
  readonly #idle = new Set<string>()
  #taken = 0
  #listener: VenueListener | null = null

  constructor(database: PaperBook, options: PaperOptions) {
    this.#database = database
    this.#options = options
    this.#terms = options.terms ?? PAPER_TERMS
    this.#misbehaviour = options.misbehaviour ?? WELL_BEHAVED
  }

  instruments(symbols: readonly string[]): Promise<Instrument[]> {
    return Promise.resolve(symbols.map(paperInstrument).filter((one) => one !== null))
  }

  async place(request: VenueOrderRequest): Promise<VenueOrder> {
    this.#perhapsRefuse()
    this.#refuseLate(request)
    const instrument = instrumentOf(request.symbol)
    const problem = formProblem(request, instrument)
    if (problem !== null) throw new VenueError('refused', 'invalid_order', problem)
    const row = await this.#database.db.transaction().execute((trx) => this.#take(trx, request, instrument))
    this.#taken += 1
    this.#idle.delete(request.symbol)
    const price = this.#lastPrices.get(request.symbol)
    if (price !== undefined && this.#happens(this.#misbehaviour.fillBeforeAnswer))
      await this.#fillOpen(request.symbol, price, this.#options.clock.nowMs())
    if (this.#happens(this.#misbehaviour.acceptThenTimeOut)) throw new VenueError('unknown', 'timeout', 'the answer was lost')
    return venueOrder(row)
  }

  async cancel(symbol: string, clientOrderId: string): Promise<VenueOrder> {
    const changed = await this.#database.db.transaction().execute(async (trx) => {
      const row = await orderNamed(trx, clientOrderId)
      if (row === null || row.symbol !== symbol) throw new VenueError('refused', 'unknown_order', `there is no ${clientOrderId}`)
      return isOpen(row) ? this.#end(trx, row, 'cancelled') : row
    })
    this.#listener?.onOrder(venueOrder(changed))
    return venueOrder(changed)
  }

  async order(symbol: string, clientOrderId: string): Promise<VenueOrder | null> {
    const row = await orderNamed(this.#database.db, clientOrderId)
    if (row === null || row.symbol !== symbol) return null
    if (this.#options.clock.nowMs() - row.created_at < this.#misbehaviour.notFoundForMs) return null
    return venueOrder(row)
  }

  async openOrders(symbols: readonly string[]): Promise<VenueOrder[]> {
    return (await openRows(this.#database.db, symbols)).map(venueOrder)
  }

  fills(symbol: string, sinceMs: number): Promise<VenueFill[]> {
    return fillsSince(this.#database.db, symbol, sinceMs)
  }

  balances(): Promise<Balance[]> {
    return this.#database.db.selectFrom('paper_balance').selectAll().orderBy('asset').execute()
  }

  start(listener: VenueListener): Promise<void> {
    this.#listener = listener
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#listener = null
    await this.#database.close()
  }

  /** The market trades at this price: what waits for it fills, but for orders that were taken after it. */
  async onPrice({ symbol, price, ts }: PriceTick): Promise<void> {
    const tick = parseDecimal(price)
    if (tick === null || tick.lte(0)) return
    this.#lastPrices.set(symbol, tick)
    await this.#fillOpen(symbol, tick, ts)
  }

  async #take(trx: Kysely<PaperTables>, request: VenueOrderRequest, instrument: Instrument): Promise<PaperOrderRow> {
    const { clientOrderId, symbol, side, quantity, price } = request
    const before = await orderNamed(trx, clientOrderId)
    if (before !== null && (isOpen(before) || !this.#happens(this.#misbehaviour.idReuse)))
      throw new VenueError('refused', 'duplicate_order', `${clientOrderId} was placed before`)
    const locked = this.#toLock(request)
    const asset = side === 'buy' ? instrument.quote : instrument.base
    if ((await freeOf(trx, asset)).lt(locked))
      throw new VenueError('refused', 'insufficient_funds', `${locked.toString()} ${asset} are not free`)
    await addBalance(trx, asset, locked.neg(), locked)
    const nowMs = this.#options.clock.nowMs()
    const row: PaperOrderRow = {
      client_order_id: clientOrderId,
      venue_order_id: `p${await nextNumber(trx)}`,
      symbol,
      side,
      quantity,
      filled_quantity: '0',
      price,
      state: 'open',
      locked: locked.toString(),
      created_at: nowMs,
      updated_at: nowMs,
    }
    await addOrder(trx, row)
    return row
  }

  #toLock({ side, quantity, price, symbol }: VenueOrderRequest): Decimal {
    if (side === 'sell') return new Decimal(quantity)
    const last = price === null ? this.#lastPrices.get(symbol)?.times(LOCK_MARGIN) : new Decimal(price)
    if (last === undefined)
      throw new VenueError('unavailable', 'no_market_price', `${symbol} has not traded yet`, { retryAfterMs: 1000 })
    return last.times(quantity).times(new Decimal(1).plus(this.#terms.feeRate))
  }

  async #fillOpen(symbol: string, tick: Decimal, ts: number): Promise<void> {
    if (this.#idle.has(symbol)) return
    const taken = this.#taken
    const rows = await openRows(this.#database.db, [symbol])
    // An order that was taken meanwhile may not be among them.
    if (rows.length === 0 && taken === this.#taken && this.#options.shared !== true) this.#idle.add(symbol)
    for (const row of rows) {
      if (row.created_at > ts) continue
      const price = this.#fillPrice(row, tick)
      if (price === null) continue
      const done = await this.#database.db.transaction().execute((trx) => this.#fillOne(trx, row, price, ts))
      if (done === null) continue
      for (const fill of done.fills) {
        this.#listener?.onFill(fill)
        if (this.#happens(this.#misbehaviour.duplicateFill)) this.#listener?.onFill(fill)
      }
      this.#listener?.onOrder(venueOrder(done.order))
    }
  }

  /** Null: a limit that the market has not reached. */
  #fillPrice(row: PaperOrderRow, tick: Decimal): Decimal | null {
    const buys = row.side === 'buy'
    if (row.price !== null) return (buys ? tick.lte(row.price) : tick.gte(row.price)) ? new Decimal(row.price) : null
    const value = tick.times(row.quantity)
    const bps = new Decimal(this.#terms.halfSpreadBps).plus(value.div(IMPACT_STEP).times(this.#terms.impactBps))
    const slipped = tick.times(new Decimal(1).plus(bps.div(10_000).times(buys ? 1 : -1)))
    const { tickSize } = instrumentOf(row.symbol)
    const down = roundToStep(slipped, tickSize)
    return buys && down.lt(slipped) ? down.plus(tickSize) : down
  }

  async #fillOne(
    trx: Kysely<PaperTables>,
    seen: PaperOrderRow,
    price: Decimal,
    ts: number,
  ): Promise<{ fills: VenueFill[]; order: PaperOrderRow } | null> {
    const row = await orderRow(trx, seen.venue_order_id)
    if (row === null || !isOpen(row)) return null
    const instrument = instrumentOf(row.symbol)
    const left = new Decimal(row.quantity).minus(row.filled_quantity)
    const quantity = this.#quantityNow(row, left, instrument)
    const fee = quantity.times(price).times(this.#terms.feeRate)
    const free = await this.#settle(trx, row, instrument, quantity, quantity.times(price), fee)
    // The price ran away beyond what is free: the venue ends the order rather than lend.
    if (free === null) return { fills: [], order: await this.#end(trx, row, 'expired') }
    const fill = await addFill(trx, row, {
      quantity: quantity.toString(),
      price: price.toString(),
      fee: fee.toString(),
      feeAsset: instrument.quote,
      ts,
    })
    const filled = new Decimal(row.filled_quantity).plus(quantity)
    const after = { ...row, filled_quantity: filled.toString(), locked: free.toString(), state: 'partly_filled' }
    await changeOrder(
      trx,
      row.venue_order_id,
      { filled_quantity: after.filled_quantity, locked: after.locked, state: after.state },
      this.#options.clock.nowMs(),
    )
    return { fills: [fill], order: filled.eq(row.quantity) ? await this.#end(trx, after, 'filled') : after }
  }

  #quantityNow(row: PaperOrderRow, left: Decimal, { lotSize }: Instrument): Decimal {
    if (row.state !== 'open' || !this.#happens(this.#terms.partialFills)) return left
    const half = roundToStep(left.div(2), lotSize)
    return half.gt(0) ? half : left
  }

  /** Moves the money of a fill; resolves with what stays locked, or null when it is not there. */
  async #settle(
    trx: Kysely<PaperTables>,
    row: PaperOrderRow,
    { base, quote }: Instrument,
    quantity: Decimal,
    value: Decimal,
    fee: Decimal,
  ): Promise<Decimal | null> {
    const locked = new Decimal(row.locked)
    if (row.side === 'sell') {
      await addBalance(trx, base, new Decimal(0), quantity.neg())
      await addBalance(trx, quote, value.minus(fee), new Decimal(0))
      return locked.minus(quantity)
    }
    const cost = value.plus(fee)
    const beyond = Decimal.max(0, cost.minus(locked))
    if (beyond.gt(await freeOf(trx, quote))) return null
    await addBalance(trx, quote, beyond.neg(), Decimal.min(cost, locked).neg())
    await addBalance(trx, base, quantity, new Decimal(0))
    return Decimal.max(0, locked.minus(cost))
  }

  /** Ends an order and gives back what it still locks. */
  async #end(trx: Kysely<PaperTables>, row: PaperOrderRow, state: 'filled' | 'cancelled' | 'expired'): Promise<PaperOrderRow> {
    const instrument = instrumentOf(row.symbol)
    const locked = new Decimal(row.locked)
    await addBalance(trx, row.side === 'buy' ? instrument.quote : instrument.base, locked, locked.neg())
    await changeOrder(trx, row.venue_order_id, { state, locked: '0' }, this.#options.clock.nowMs())
    return { ...row, state, locked: '0', updated_at: this.#options.clock.nowMs() }
  }

  /** As an exchange does with what its sender held back: a stopped process must not trade when it wakes up. */
  #refuseLate({ signedAtMs, receiveWindowMs }: VenueOrderRequest): void {
    const lateMs = (this.#options.wallMs?.() ?? this.#options.clock.nowMs()) - signedAtMs
    if (lateMs > receiveWindowMs)
      throw new VenueError('unavailable', 'clock_skew', `signed ${lateMs} ms ago, outside of the receive window`)
  }

  #perhapsRefuse(): void {
    const { rateLimit, rateLimitMs, clockSkew, failUnplaced } = this.#misbehaviour
    if (this.#happens(rateLimit))
      throw new VenueError('unavailable', 'rate_limited', 'too many requests', { retryAfterMs: rateLimitMs })
    if (this.#happens(clockSkew)) throw new VenueError('unavailable', 'clock_skew', 'timestamp outside of the receive window')
    if (this.#happens(failUnplaced)) throw new VenueError('unknown', 'server_error', 'execution status unknown')
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#options.random.unit() < probability
  }
}

function instrumentOf(symbol: string): Instrument {
  const instrument = paperInstrument(symbol)
  if (instrument === null) throw new VenueError('refused', 'unknown_symbol', `${symbol} is not listed`)
  return instrument
}

function isOpen({ state }: PaperOrderRow): boolean {
  return state === 'open' || state === 'partly_filled'
}
