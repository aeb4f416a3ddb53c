import type { Kysely } from 'kysely'
import { isDust } from '@spark/core/market/instrument'
import { Decimal, parseDecimal, type DecimalText } from '@spark/core/trading/decimal'
import { clientOrderId, intentId } from '@spark/core/trading/intent'
import { netWishes, type Cross } from '@spark/core/trading/net'
import type { Order, Purpose, Side } from '@spark/core/trading/order'
import { checkOrder, type RiskCode, type RiskFacts } from '@spark/core/trading/risk'
import type { TradingArm } from '@spark/core/trading/strategy'
import { sha256 } from '../../sha256.ts'
import type { StoredOrder } from '../../storage/order-store.ts'
import type { StoredPosition } from '../../storage/position-store.ts'
import { candleKey, killedBy, repeatKey, type KillSwitch, type RiskSums } from '../../storage/risk-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import { INSIDE, bookFill, instrumentOf, type OrderFill } from './book-fill.ts'
import { orderEvent, reservedMicros, type OrderPath } from './order-path.ts'

/** What a strategy wants at one moment. */
export interface Wish {
  strategyId: string
  symbol: string
  side: Side
  purpose: Purpose
  arm: TradingArm
  quantity: DecimalText
  referencePrice: DecimalText
  /** Quote units the strategy may hold. */
  capital: DecimalText
  /** Open time of the candle decided on, ms; for what a person asked, when. */
  candleTs: number
  /** Makes the intent's id together with strategy and purpose: the candle, or the id of the request. */
  moment: number | string
  validUntil: number
  traceId: string
}

interface Book {
  sums: RiskSums
  total: Decimal
  byStrategy: Map<string, Decimal>
  accepted: number
  repeats: Map<string, number>
  killSwitches: readonly KillSwitch[]
  epoch: number
  /** By strategy: a decision of before a rollback must not become an order of after it. */
  decidedIn: ReadonlyMap<string, number>
  /** Strategies that hold something, and those with an order that has not ended. */
  long: ReadonlySet<string>
  busy: Set<string>
  known: ReadonlySet<string>
}

/** Strategies that have decided on a candle, under the fence of that moment. */
export interface Decided {
  strategyIds: readonly string[]
  candleTs: number
  epoch: number
}

/**
 * Turns wishes into orders in one transaction: order rows with what they reserve, audit events, queue jobs, and the mark that
 * these strategies have decided on the candle. All or nothing. A wish that risk refuses becomes a rejected order with the
 * reason; one that was planned before changes nothing. Opposite wishes on a symbol meet inside first. Rejects with StorageError.
 */
export async function planOrders(
  path: OrderPath,
  wishes: readonly Wish[],
  decided: readonly Decided[] = [],
): Promise<StoredOrder[]> {
  const planned = await path.db.transaction().execute(async (trx) => {
    for (const [candleTs, own] of [...Map.groupBy(decided, (one) => one.candleTs)].sort(([a], [b]) => a - b))
      await path.strategies.markDecided(
        trx,
        own.flatMap(({ strategyIds }) => strategyIds),
        candleTs,
      )
    if (wishes.length === 0) return []
    const book = await openBook(path, trx, wishes, decided)
    const judgements = wishes.map((wish) => judged(path, book, wish)).filter((one) => one !== null)
    const orders = judgements.map(({ order }) => order)
    await path.orders.insertAll(trx, orders)
    await path.outbox.add(
      trx,
      judgements.map(({ order, detail }) => orderEvent(path, order, detail === null ? {} : { detail })),
    )
    await pauseBeyondLimits(path, trx, judgements)
    const rest = await meetInside(
      path,
      trx,
      orders.filter(({ state }) => state === 'reserved'),
    )
    for (const { intentId: id } of rest)
      await path.queue.enqueue(trx, { queue: 'order', key: `send ${id}`, payload: { kind: 'send', intentId: id } })
    return orders
  })
  if (planned.length > 0) path.committed()
  return planned
}

interface Judgement {
  order: StoredOrder
  /** Why risk refused, in words; null when it did not. */
  detail: string | null
}

/** A limit that says "enough lost" is no matter of one order: its strategies stop until a person starts them again. */
const PAUSING: ReadonlySet<string> = new Set<RiskCode>(['risk_daily_loss', 'risk_drawdown'])

async function pauseBeyondLimits(path: OrderPath, trx: Kysely<MainTables>, judgements: readonly Judgement[]): Promise<void> {
  for (const { order, detail } of judgements) {
    if (order.reason === null || !PAUSING.has(order.reason)) continue
    const nowMs = path.clock.nowMs()
    await path.strategies.setStatus(trx, order.strategyId, 'paused', order.reason, nowMs)
    path.log.error(
      { strategyId: order.strategyId, reason: order.reason, detail },
      'strategy paused; a person must start it again',
    )
    await path.alerts.raise(trx, {
      severity: 'red',
      code: 'auto_paused',
      scope: order.reason,
      message: `strategies are paused, ${order.strategyId} first: ${detail ?? order.reason}`,
    })
    await path.outbox.add(trx, [
      {
        ts: nowMs,
        action: 'strategy.auto_paused',
        actor: 'executor',
        strategyId: order.strategyId,
        traceId: order.traceId,
        result: 'err',
        _err: order.reason,
        context: { detail },
      },
    ])
  }
}

async function openBook(
  path: OrderPath,
  trx: Kysely<MainTables>,
  wishes: readonly Wish[],
  decided: readonly Decided[],
): Promise<Book> {
  const nowMs = path.clock.nowMs()
  const strategyIds = [...new Set(wishes.map((wish) => wish.strategyId))]
  const candleTs = [...new Set(wishes.map((wish) => wish.candleTs))]
  const sums = await path.risk.sums(trx, { strategyIds, candleTs, nowMs, repeatWindowMs: path.limits.repeatWindowMs })
  const { epoch } = await path.risk.epoch(trx)
  const positions = await path.positions.open(trx)
  const open = await path.orders.open(trx)
  return {
    sums,
    total: new Decimal(sums.total),
    byStrategy: new Map([...sums.byStrategy].map(([id, amount]) => [id, new Decimal(amount)])),
    accepted: sums.ordersLastMinute,
    repeats: new Map(sums.repeats),
    killSwitches: await path.risk.killSwitches(trx),
    epoch,
    decidedIn: new Map(decided.flatMap((one) => one.strategyIds.map((id) => [id, one.epoch]))),
    long: new Set(positions.filter((position) => !isRest(path, position, wishes)).map((position) => position.strategyId)),
    busy: new Set(open.map((order) => order.strategyId)),
    known: await path.orders.knownIds(
      trx,
      wishes.map((wish) => idOf(wish)),
    ),
  }
}

/** What is held but could not be sold at the price that is wished at counts as flat. */
function isRest(path: OrderPath, { strategyId, symbol, quantity }: StoredPosition, wishes: readonly Wish[]): boolean {
  const price = wishes.find((wish) => wish.strategyId === strategyId)?.referencePrice
  const instrument = path.instruments.get(symbol)
  const known = price === undefined ? null : parseDecimal(price)
  return known !== null && instrument !== undefined && isDust(new Decimal(quantity), known, instrument)
}

/** The order of a wish, reserved or rejected; null when it was planned before. Accepted ones count for those behind them. */
function judged(path: OrderPath, book: Book, wish: Wish): Judgement | null {
  if (book.known.has(idOf(wish))) return null
  const facts = factsOf(path, book, wish)
  const refusal = busyRefusal(book, wish) ?? checkOrder(path.limits, wish, facts)
  const order = orderOf(path, book, wish, refusal?.code ?? null)
  if (refusal !== null) return { order, detail: refusal.detail }
  const notional = wish.purpose === 'enter' ? new Decimal(wish.quantity).times(wish.referencePrice) : new Decimal(0)
  book.total = book.total.plus(notional)
  book.byStrategy.set(wish.strategyId, (book.byStrategy.get(wish.strategyId) ?? new Decimal(0)).plus(notional))
  book.accepted += 1
  book.busy.add(wish.strategyId)
  const repeat = repeatKey(wish.strategyId, wish.side)
  book.repeats.set(repeat, (book.repeats.get(repeat) ?? 0) + 1)
  return { order, detail: null }
}

/** Long or flat, and one order at a time: never a second entry, never a second sale of the same holding. */
function busyRefusal(book: Book, { strategyId, purpose }: Wish): { code: string; detail: string } | null {
  if (book.busy.has(strategyId)) return { code: 'order_open', detail: 'an order of this strategy has not ended' }
  const long = book.long.has(strategyId)
  if (purpose === 'enter' && long) return { code: 'already_long', detail: 'the strategy holds a position' }
  return purpose !== 'enter' && !long ? { code: 'already_flat', detail: 'the strategy holds nothing' } : null
}

function factsOf(path: OrderPath, book: Book, wish: Wish): RiskFacts {
  return {
    nowMs: path.clock.nowMs(),
    lastPrice: path.lastPrice(wish.symbol),
    instrument: path.instruments.get(wish.symbol) ?? null,
    strategyNotional: (book.byStrategy.get(wish.strategyId) ?? new Decimal(0)).toString(),
    totalNotional: book.total.toString(),
    capital: wish.capital,
    ordersLastMinute: book.accepted,
    repeats: book.repeats.get(repeatKey(wish.strategyId, wish.side)) ?? 0,
    duplicate: book.sums.existing.has(candleKey(wish.strategyId, wish.side, wish.candleTs)),
    killed: killedBy(book.killSwitches, wish.strategyId, path.venue.name) !== null,
    equity: path.equity(),
  }
}

function idOf(wish: Wish): string {
  return intentId({ strategyId: wish.strategyId, moment: wish.moment, purpose: wish.purpose }, sha256)
}

function orderOf(path: OrderPath, book: Book, wish: Wish, reason: string | null): StoredOrder {
  const id = idOf(wish)
  const nowMs = path.clock.nowMs()
  const order: Order = {
    intentId: id,
    clientOrderId: clientOrderId(id),
    strategyId: wish.strategyId,
    symbol: wish.symbol,
    side: wish.side,
    purpose: wish.purpose,
    arm: wish.arm,
    venue: path.venue.name,
    quantity: wish.quantity,
    filledQuantity: '0',
    referencePrice: wish.referencePrice,
    state: reason === null ? 'reserved' : 'rejected',
    reason,
    epoch: book.decidedIn.get(wish.strategyId) ?? book.epoch,
    candleTs: wish.candleTs,
    validUntil: wish.validUntil,
    venueOrderId: null,
    createdAt: nowMs,
    sendingAt: null,
    changedAt: nowMs,
    traceId: wish.traceId,
  }
  return { ...order, reservedMicros: reason === null ? reservedMicros(order) : 0, notFoundCount: 0, notFoundAt: null }
}

/** Books what meets inside at the reference price, without fee; resolves with the orders that must go to the venue. */
async function meetInside(path: OrderPath, trx: Kysely<MainTables>, orders: readonly StoredOrder[]): Promise<StoredOrder[]> {
  const rest: StoredOrder[] = []
  // Wishes of different candles have different prices: they do not meet.
  for (const own of Map.groupBy(orders, (order) => `${order.symbol} ${order.referencePrice}`).values()) {
    const [first] = own
    if (first === undefined) continue
    const byId = new Map(own.map((order) => [order.intentId, order]))
    const { crosses } = netWishes(own, new Decimal(first.referencePrice), instrumentOf(path, first.symbol))
    for (const cross of crosses)
      for (const id of [cross.sellIntentId, cross.buyIntentId]) {
        const order = byId.get(id)
        if (order === undefined) throw new Error(`netting made up the order ${id}`)
        const after = await bookFill(path, trx, order, INSIDE, insideFill(path, order, cross))
        if (after !== null) byId.set(id, after)
      }
    rest.push(...[...byId.values()].filter((order) => order.state !== 'filled'))
  }
  return rest
}

function insideFill(path: OrderPath, { symbol, side, referencePrice }: StoredOrder, cross: Cross): OrderFill {
  return {
    fillId: `${cross.buyIntentId.slice(0, 16)}-${cross.sellIntentId.slice(0, 16)}-${side}`,
    symbol,
    side,
    quantity: cross.quantity,
    price: referencePrice,
    fee: '0',
    feeAsset: instrumentOf(path, symbol).quote,
    ts: path.clock.nowMs(),
  }
}
