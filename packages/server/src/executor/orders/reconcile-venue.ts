import { streamName, type Stream } from '@spark/core/market/candle'
import { Decimal } from '@spark/core/trading/decimal'
import { balanceDifferences } from '@spark/core/trading/reconcile'
import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import type { StoredOrder } from '../../storage/order-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import type { VenueOrder } from '../../venue/venue.ts'
import { bookVenueFill } from './book-fill.ts'
import { advance, sendJob, streamOf, type OrderPath } from './order-path.ts'
import { settleVenueOrder } from './settle-order.ts'

/** Venues round; a millionth of what is held is not worth a halt. */
const BALANCE_TOLERANCE = '0.000001'
/** Fills are asked for from so long before the oldest open order: clocks differ. */
const FILLS_BEFORE_MS = 60_000
/** Until then "not found" of an order that was acknowledged may be the venue's delay. */
const VANISHED_AFTER_MS = 30_000

/** After a restart nobody knows what became of what was being sent: it is asked for, never sent again blindly. */
export async function loseSending(path: OrderPath): Promise<void> {
  await path.db.transaction().execute(async (trx) => {
    const open = await path.orders.open(trx)
    for (const order of open)
      if (order.state === 'sending') await advance(path, trx, order, { kind: 'lose' }, { reason: 'restarted' })
    // The job of an order that waits is there already, unless someone discarded it.
    await path.queue.enqueueAll(trx, open.map(sendJob))
  })
  path.committed()
}

/**
 * In the transaction that takes streams over: what their last owner was sending is asked for, never sent again blindly, and its jobs go to
 * the new owner, whoever holds them.
 */
export async function takeOverOrders(path: OrderPath, trx: Kysely<MainTables>, streams: readonly Stream[]): Promise<void> {
  if (streams.length === 0) return
  const names = new Set(streams.map(streamName))
  const ours = (await path.orders.open(trx)).filter((order) => names.has(streamName(streamOf(order))))
  for (const order of ours)
    if (order.state === 'sending') await advance(path, trx, order, { kind: 'lose' }, { reason: 'taken_over' })
  const jobs = ours.map(sendJob)
  await path.queue.enqueueAll(trx, jobs)
  for (const [owner, own] of Map.groupBy(jobs, (job) => job.owner ?? ''))
    await path.queue.assign(
      trx,
      'order',
      own.map(({ key }) => key),
      owner,
    )
}

/** Before a stream is traded that somebody else had: the venue is asked for its orders and their fills. Rejects with VenueError. */
export async function reconcileStream(path: OrderPath, stream: Stream): Promise<void> {
  const open = (await path.orders.open(path.db)).filter((order) => streamName(streamOf(order)) === streamName(stream))
  await reconcileFills(path, open)
  for (const order of open.filter(({ state }) => state === 'unknown' || state === 'acknowledged' || state === 'partly_filled')) {
    const seen = await path.venue.order(order.symbol, order.clientOrderId)
    if (seen !== null) await settleVenueOrder(path, seen)
  }
}

/**
 * Compares our book with the venue's: orders, fills, balances. What only one side knows of fills is booked; a difference that
 * nothing explains halts the venue until both agree again. Balances are compared while nothing is on its way, or, `strict`, in any
 * case: at the start, when nothing moves. Resolves with the differences. Rejects with VenueError.
 */
export async function reconcileVenue(path: OrderPath, { strict }: { strict: boolean }): Promise<string[]> {
  const open = await path.orders.open(path.db)
  const differences = [...(await reconcileFills(path, open)), ...(await reconcileOrders(path, open))]
  const quiet = async () => strict || (await path.orders.open(path.db)).length === 0
  if (await quiet()) {
    const found = await reconcileBalances(path)
    if (await quiet()) differences.push(...found)
  }
  await settleHalt(path, differences)
  return differences
}

async function reconcileFills(path: OrderPath, open: readonly StoredOrder[]): Promise<string[]> {
  const differences: string[] = []
  for (const [symbol, own] of Map.groupBy(open, (order) => order.symbol)) {
    const sinceMs = Math.min(...own.map(({ createdAt }) => createdAt)) - FILLS_BEFORE_MS
    const fills = await path.venue.fills(symbol, sinceMs)
    const fillIds = fills.map(({ fillId }) => fillId)
    const known = await path.positions.knownFills(path.venue.name, symbol, fillIds)
    for (const fill of fills.filter(({ fillId }) => !known.has(fillId)))
      if ((await bookVenueFill(path, fill)) === 'unexplained')
        differences.push(told('fill_unexplained', { quantity: fill.quantity, order: fill.clientOrderId }))
  }
  return differences
}

async function reconcileOrders(path: OrderPath, open: readonly StoredOrder[]): Promise<string[]> {
  const differences: string[] = []
  const ours = new Map(open.map((order) => [order.clientOrderId, order]))
  const listed = new Set<string>()
  for (const seen of await path.venue.openOrders([...path.instruments.keys()])) {
    listed.add(seen.clientOrderId)
    const order = ours.get(seen.clientOrderId)
    if (order !== undefined && agrees(order, seen)) continue
    if ((await settleVenueOrder(path, seen)) === 'unexplained')
      differences.push(told('order_unknown', { order: seen.clientOrderId }))
  }
  for (const order of open.filter((one) => isAtVenue(one) && !listed.has(one.clientOrderId))) {
    const seen = await path.venue.order(order.symbol, order.clientOrderId)
    if (seen !== null) await settleVenueOrder(path, seen)
    else if (path.clock.nowMs() - order.changedAt > VANISHED_AFTER_MS)
      differences.push(told('order_vanished', { order: order.clientOrderId }))
  }
  return differences
}

function isAtVenue({ state }: StoredOrder): boolean {
  return state === 'acknowledged' || state === 'partly_filled'
}

/** Our book says of an order what the venue says: nothing is to be written. */
function agrees(order: StoredOrder, seen: VenueOrder): boolean {
  return (
    isAtVenue(order) &&
    (seen.state === 'open' || seen.state === 'partly_filled') &&
    order.venueOrderId === seen.venueOrderId &&
    new Decimal(order.filledQuantity).eq(seen.filledQuantity)
  )
}

/** At the first meeting our book takes over what the account holds. */
async function reconcileBalances(path: OrderPath): Promise<string[]> {
  const { name } = path.venue
  const ours = await path.venues.balances(name)
  const theirs = await path.venue.balances()
  if (ours.size === 0) {
    const amounts = new Map(theirs.map(({ asset, free, locked }) => [asset, new Decimal(free).plus(locked).toString()]))
    await path.db.transaction().execute(async (trx) => {
      // Another host may have opened it meanwhile, and traded since.
      if ((await path.venues.balances(name, trx)).size === 0) await path.venues.open(trx, name, amounts, path.clock.nowMs())
    })
    return []
  }
  return balanceDifferences(ours, theirs, BALANCE_TOLERANCE).map(({ asset, ours: book, venue }) =>
    told('balance_differs', { theirs: venue, asset, ours: book }),
  )
}

async function settleHalt(path: OrderPath, differences: readonly string[]): Promise<void> {
  const { name } = path.venue
  await path.db.transaction().execute(async (trx) => {
    const before = await path.venues.halt(trx, name)
    const now = differences.length === 0 ? null : differences.slice(0, 5).join('; ')
    await path.venues.setHalt(trx, name, now, path.clock.nowMs())
    if (before === null && now === null) return
    if ((before === null) === (now === null)) return
    if (now === null) path.log.warn({ venue: name, before }, 'our book and the venue agree again; orders go on')
    else path.log.error({ venue: name, differences }, 'our book and the venue differ; no order is sent until they agree')
    const about = { code: 'venue_halted', scope: `venue:${name}` } as const
    if (now === null) await path.alerts.resolve(trx, about.code, about.scope, told('venue_agrees', { venue: name }))
    else await path.alerts.raise(trx, { severity: 'red', ...about, message: told('venue_halted', { venue: name, told: now }) })
    await path.outbox.add(trx, [
      {
        ts: path.clock.nowMs(),
        action: now === null ? 'venue.resumed' : 'venue.halted',
        actor: 'executor',
        result: now === null ? 'ok' : 'err',
        ...(now !== null && { _err: 'venue_halted' }),
        context: { venue: name, differences: [...differences].slice(0, 20) },
      },
    ])
  })
  path.committed()
}
