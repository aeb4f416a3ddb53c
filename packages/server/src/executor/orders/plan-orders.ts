import type { Kysely } from 'kysely'
import { streamName, type Stream } from '@spark/core/market/candle'
import { isDust } from '@spark/core/market/instrument'
import { Decimal, parseDecimal, type DecimalText } from '@spark/core/trading/decimal'
import { clientOrderId, intentId } from '@spark/core/trading/intent'
import { netWishes, type Cross } from '@spark/core/trading/net'
import type { Order, Purpose, Side } from '@spark/core/trading/order'
import { checkOrder, PAUSING_LIMITS, type RiskFacts, type RiskLimits } from '@spark/core/trading/risk'
import type { TradingArm } from '@spark/core/trading/strategy'
import { told } from '@spark/contract/told'
import type { EffectiveLimits } from '../../risk-limits.ts'
import { sha256 } from '../../sha256.ts'
import type { StoredOrder } from '../../storage/order-store.ts'
import type { StoredPosition } from '../../storage/position-store.ts'
import { candleKey, killedBy, repeatKey, type Fence, type KillSwitch, type RiskSums } from '../../storage/risk-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import { INSIDE, bookFill, instrumentOf, type OrderFill } from './book-fill.ts'
import { orderEvent, reservedMicros, sendJob, streamOf, type OrderPath } from './order-path.ts'

/** What a strategy wants at one moment. */
export interface Wish {
  strategyId: string
  symbol: string
  /** With the symbol the stream of the strategy: only its owner plans. */
  tf: string
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
  /** Under which number each stream is owned. */
  numbers: ReadonlyMap<string, number>
  limits: RiskLimits
  unreadable: EffectiveLimits['unreadable']
  sums: RiskSums
  total: Decimal
  byStrategy: Map<string, Decimal>
  accepted: number
  repeats: Map<string, number>
  killSwitches: readonly KillSwitch[]
  fence: Fence
  /** By strategy: the epoch its decision was made in; null: it is of no candle. */
  decidedIn: ReadonlyMap<string, number | null>
  /** Strategies that hold something, and those with an order that has not ended. */
  long: ReadonlySet<string>
  busy: Set<string>
  known: ReadonlySet<string>
}

/** Strategies of a stream that have decided on a candle, under which fence, and what they wish after it. */
export interface Decided {
  stream: Stream
  strategyIds: readonly string[]
  candleTs: number
  /** Epoch when they were asked; null: of now. */
  epoch: number | null
  wishes: readonly Wish[]
}

/** Plans wishes of no candle, see planAll. Rejects with StorageError. */
export function planOrders(path: OrderPath, wishes: readonly Wish[]): Promise<StoredOrder[]> {
  const plans = [...Map.groupBy(wishes, (wish) => streamName(streamOf(wish))).values()].flatMap((own) =>
    own.slice(0, 1).map((first) => ({ stream: streamOf(first), strategyIds: [], candleTs: 0, epoch: null, wishes: own })),
  )
  return planAll(path, plans)
}

/**
 * Turns wishes into orders in one transaction: order rows with what they reserve, audit events, queue jobs, and the mark that
 * the strategies have decided on their candles. All or nothing. A wish that risk refuses becomes a rejected order with the
 * reason; one that was planned before changes nothing. Opposite wishes on a symbol meet inside first. Rejects with StorageError.
 */
export async function planAll(path: OrderPath, plans: readonly Decided[]): Promise<StoredOrder[]> {
  if (plans.length === 0) return []
  const isOneMark = new Set(plans.map((plan) => plan.candleTs)).size === 1
  // Most candles change no position: one statement needs no transaction around it, unless somebody else may be the owner.
  if (path.group.member === null && isOneMark && plans.every((plan) => plan.wishes.length === 0)) {
    await mark(path, path.db, plans)
    return []
  }
  const planned = await path.db.transaction().execute(async (trx) => {
    const numbers = await path.group.numbers(
      trx,
      plans.map(({ stream }) => stream),
    )
    const own = plans.filter(({ stream }) => numbers.has(streamName(stream)))
    if (own.length < plans.length)
      path.log.warn(
        { plans: plans.length, own: own.length },
        'streams were lost while their strategies decided; nothing comes of it',
      )
    await mark(path, trx, own)
    const wishes = own.flatMap((plan) => plan.wishes)
    if (wishes.length === 0) return []
    const book = await openBook(path, trx, own, numbers)
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
    await path.queue.enqueueAll(trx, rest.map(sendJob))
    return orders
  })
  if (planned.length > 0) path.committed()
  return planned
}

/** The strategies have decided on their candles. */
async function mark(path: OrderPath, trx: Kysely<MainTables>, plans: readonly Decided[]): Promise<void> {
  for (const [candleTs, own] of Map.groupBy(plans, (plan) => plan.candleTs))
    await path.strategies.markDecided(
      trx,
      own.flatMap((plan) => plan.strategyIds),
      candleTs,
    )
}

interface Judgement {
  order: StoredOrder
  /** Why risk refused, in words; null when it did not. */
  detail: string | null
}

async function pauseBeyondLimits(path: OrderPath, trx: Kysely<MainTables>, judgements: readonly Judgement[]): Promise<void> {
  for (const { order, detail } of judgements) {
    if (order.reason === null || !PAUSING_LIMITS.has(order.reason)) continue
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
      message: told('auto_paused', { strategy: order.strategyId, told: detail ?? order.reason }),
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
  plans: readonly Decided[],
  numbers: Book['numbers'],
): Promise<Book> {
  const nowMs = path.clock.nowMs()
  const wishes = plans.flatMap((plan) => plan.wishes)
  const strategyIds = [...new Set(wishes.map((wish) => wish.strategyId))]
  const candleTs = [...new Set(wishes.map((wish) => wish.candleTs))]
  const { limits, unreadable } = await path.limits(trx)
  if (unreadable.length > 0) await tellUnreadable(path, trx, unreadable)
  const sums = await path.risk.sums(trx, { strategyIds, candleTs, nowMs, repeatWindowMs: limits.repeatWindowMs })
  const positions = await path.positions.of(trx, strategyIds)
  const prices = new Map(wishes.map((wish) => [wish.strategyId, wish.referencePrice]))
  return {
    numbers,
    limits,
    unreadable,
    sums,
    total: new Decimal(sums.total),
    byStrategy: new Map([...sums.byStrategy].map(([id, amount]) => [id, new Decimal(amount)])),
    accepted: sums.ordersLastMinute,
    repeats: new Map(sums.repeats),
    killSwitches: await path.risk.killSwitches(trx),
    fence: await path.risk.epoch(trx),
    decidedIn: new Map(plans.flatMap((plan) => plan.wishes.map((wish) => [wish.strategyId, plan.epoch]))),
    long: new Set(positions.filter((position) => !isRest(path, position, prices)).map((position) => position.strategyId)),
    busy: new Set(sums.busy),
    known: await path.orders.knownIds(
      trx,
      wishes.map((wish) => idOf(wish)),
    ),
  }
}

/** What is held but could not be sold at the price that is wished at counts as flat. */
function isRest(
  path: OrderPath,
  { strategyId, symbol, quantity }: StoredPosition,
  prices: ReadonlyMap<string, DecimalText>,
): boolean {
  const price = prices.get(strategyId)
  const instrument = path.instruments.get(symbol)
  const known = price === undefined ? null : parseDecimal(price)
  return known !== null && instrument !== undefined && isDust(new Decimal(quantity), known, instrument)
}

/** The order of a wish, reserved or rejected; null when it was planned before. Accepted ones count for those behind them. */
function judged(path: OrderPath, book: Book, wish: Wish): Judgement | null {
  if (book.known.has(idOf(wish))) return null
  const facts = factsOf(path, book, wish)
  const refusal =
    fenceRefusal(path, book, wish) ?? busyRefusal(book, wish) ?? unreadRefusal(book, wish) ?? checkOrder(book.limits, wish, facts)
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

/**
 * What was decided before a rollback does not enter after it. The sender looks once more; here it also keeps what would meet inside,
 * and never be sent, from slipping through.
 */
function fenceRefusal(path: OrderPath, book: Book, wish: Wish): { code: string; detail: string } | null {
  if (wish.purpose !== 'enter') return null
  const doubt = path.clockDoubt()
  if (doubt !== null) return { code: 'clock_stepped', detail: `${doubt}, and the market's time does not agree yet` }
  const { fence } = book
  const decided = epochOf(book, wish)
  if (decided !== fence.epoch)
    return { code: 'old_epoch', detail: `decided in epoch ${decided}, and epoch ${fence.epoch} has begun` }
  return wish.arm === 'ml' && !path.leaseHolds(fence.leaseUntil)
    ? { code: 'exposure_lease_over', detail: 'nobody has watched the exposure for longer than its lease' }
    : null
}

/** In which it was decided. */
function epochOf({ fence, decidedIn }: Book, { strategyId }: Wish): number {
  return decidedIn.get(strategyId) ?? fence.epoch
}

/** Long or flat, and one order at a time: never a second entry, never a second sale of the same holding. */
function busyRefusal(book: Book, { strategyId, purpose }: Wish): { code: string; detail: string } | null {
  if (book.busy.has(strategyId)) return { code: 'order_open', detail: 'an order of this strategy has not ended' }
  const long = book.long.has(strategyId)
  if (purpose === 'enter' && long) return { code: 'already_long', detail: 'the strategy holds a position' }
  return purpose !== 'enter' && !long ? { code: 'already_flat', detail: 'the strategy holds nothing' } : null
}

/** Exits are never stopped by a limit, so neither by one that nobody can read. */
function unreadRefusal({ unreadable }: Book, { purpose, side }: Wish): { code: string; detail: string } | null {
  if (unreadable.length === 0 || (purpose !== 'enter' && side === 'sell')) return null
  return { code: 'risk_check_failed', detail: `limits cannot be read as they are stored: ${unreadable.join(', ')}` }
}

async function tellUnreadable(path: OrderPath, trx: Kysely<MainTables>, unreadable: Book['unreadable']): Promise<void> {
  path.log.error({ unreadable }, 'changed limits cannot be read; nothing enters until they are set again')
  const message = told('limits_unreadable', { words: unreadable.join(', ') })
  await path.alerts.raise(trx, { severity: 'red', code: 'limits_unreadable', scope: 'risk', message })
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
    epoch: epochOf(book, wish),
    candleTs: wish.candleTs,
    validUntil: wish.validUntil,
    venueOrderId: null,
    createdAt: nowMs,
    sendingAt: null,
    changedAt: nowMs,
    traceId: wish.traceId,
  }
  return {
    ...order,
    reservedMicros: reason === null ? reservedMicros(order) : 0,
    notFoundCount: 0,
    notFoundAt: null,
    tf: wish.tf,
    ownerNumber: book.numbers.get(streamName(streamOf(wish))) ?? 0,
  }
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
