import type { Kysely } from 'kysely'
import { streamName } from '@spark/core/market/candle'
import { Decimal } from '@spark/core/trading/decimal'
import { isFinal, type OrderEvent } from '@spark/core/trading/order-machine'
import type { OrderCode } from '@spark/core/trading/path-codes'
import type { LeasedJob } from '../../queue/queue.ts'
import { PoisonJobError, RetryJobError } from '../../queue/worker.ts'
import type { OrderChange, StoredOrder } from '../../storage/order-store.ts'
import { killedBy } from '../../storage/risk-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import { VenueError } from '../../venue/venue.ts'
import { advance, streamOf, type OrderPath } from './order-path.ts'
import { settleVenueOrder } from './settle-order.ts'

/** The venue refuses what arrives later than this after it was signed; real ms, as the way there is. */
export const RECEIVE_WINDOW_MS = 5000
/** The socket is written at most this long (real ms, monotonic) after the transaction that allowed it began. */
const FENCE_MS = 1000
/** "Not found" counts only after the receive window, and twice, this far apart. */
const ASK_AGAIN_MS = 2000
const NOT_FOUND_ENOUGH = 2
const VENUE_AWAY_MS = 2000
/** Its owner takes the job; here it was lost between the two. */
const OWNER_AWAY_MS = 1000
/** The outcome is known: nothing was placed. */
const NOT_PLACED = 'not_placed'

/** Sends an order, or finds out what became of it. Ends when the order is at the venue, or has ended. */
export async function sendOrder(path: OrderPath, job: LeasedJob): Promise<void> {
  const order = await path.orders.get(path.db, intentOf(job))
  if (order === null) throw new PoisonJobError('unknown_order', `there is no order ${intentOf(job)}`)
  if (isFinal(order.state) || order.state === 'acknowledged' || order.state === 'partly_filled') return
  if (order.state === 'planned') throw new PoisonJobError('not_reserved', `order ${order.intentId} was never reserved`)
  if (order.state === 'reserved' || order.reason?.startsWith(NOT_PLACED) === true) return send(path, order)
  return findOut(path, order)
}

function intentOf({ payload }: LeasedJob): string {
  const { intentId } = (typeof payload === 'object' && payload !== null ? payload : {}) as { intentId?: unknown }
  if (typeof intentId !== 'string') throw new PoisonJobError('invalid_payload', 'the job names no intentId')
  return intentId
}

async function send(path: OrderPath, order: StoredOrder): Promise<void> {
  const startedMs = path.clock.realMs()
  // By the wall, also in a replay: the venue holds its receive window against it.
  const signedAtMs = path.wallMs()
  const sending = await path.db.transaction().execute((trx) => markSending(path, trx, order))
  path.committed()
  if (sending === null || sending.state !== 'sending') return
  if (path.clock.realMs() - startedMs > FENCE_MS) {
    await lose(path, sending, `${NOT_PLACED}: too_late`)
    throw new RetryJobError(path.clock.nowMs(), 'the fence was passed too slowly')
  }
  try {
    const answer = await path.venue.place({
      clientOrderId: sending.clientOrderId,
      symbol: sending.symbol,
      side: sending.side,
      quantity: new Decimal(sending.quantity).minus(sending.filledQuantity).toString(),
      price: null,
      signedAtMs,
      receiveWindowMs: receiveWindowMs(path),
    })
    await settleVenueOrder(path, answer)
  } catch (error) {
    if (!(error instanceof VenueError)) throw error
    await afterFailure(path, sending, error)
  }
}

/** The last look before the socket, in the transaction that marks the order: who owns its stream, time, halt, clock, kill switch, epoch, lease. Exits pass all but time and halt. */
async function markSending(path: OrderPath, trx: Kysely<MainTables>, seen: StoredOrder): Promise<StoredOrder | null> {
  const order = await path.orders.get(trx, seen.intentId)
  if (order === null || (order.state !== 'reserved' && order.state !== 'unknown')) return null
  const stream = streamOf(order)
  const number = (await path.group.numbers(trx, [stream])).get(streamName(stream))
  if (number === undefined) throw new RetryJobError(path.clock.nowMs() + OWNER_AWAY_MS, 'not_the_owner')
  const stop = await stopReason(path, trx, order)
  if (stop !== null) return advance(path, trx, order, stop.event, { reason: stop.reason })
  const marks = { reason: null, sendingAt: path.clock.nowMs(), notFoundCount: 0, notFoundAt: null, ownerNumber: number }
  const { member } = path.group
  // By this and the rows of leases, whoever reads the audit sees that its owner sent it.
  const told = member === null ? {} : { member, stream: streamName(stream), number }
  return advance(path, trx, order, { kind: 'send' }, marks, told)
}

async function stopReason(
  path: OrderPath,
  trx: Kysely<MainTables>,
  order: StoredOrder,
): Promise<{ event: OrderEvent; reason: OrderCode } | null> {
  if (path.clock.nowMs() > order.validUntil) return { event: { kind: 'lapse' }, reason: 'signal_expired' }
  if ((await path.venues.halt(trx, order.venue)) !== null) return { event: { kind: 'withdraw' }, reason: 'venue_halted' }
  if (order.purpose !== 'enter') return null
  if (path.clockDoubt() !== null) return { event: { kind: 'withdraw' }, reason: 'clock_stepped' }
  if (killedBy(await path.risk.killSwitches(trx), order.strategyId, order.venue) !== null)
    return { event: { kind: 'withdraw' }, reason: 'killed' }
  const { epoch, leaseUntil } = await path.risk.epoch(trx)
  if (epoch !== order.epoch) return { event: { kind: 'withdraw' }, reason: 'old_epoch' }
  // Nobody has watched for longer than the lease: exposure has ended.
  const unwatched = order.arm === 'ml' && !path.leaseHolds(leaseUntil)
  return unwatched ? { event: { kind: 'withdraw' }, reason: 'exposure_lease_over' } : null
}

async function afterFailure(path: OrderPath, order: StoredOrder, error: VenueError): Promise<void> {
  const { code } = error
  // An answer of before was lost: the venue has it.
  if (error.kind === 'unknown' || code === 'duplicate_order') {
    await lose(path, order, code)
    throw new RetryJobError(path.clock.nowMs() + (code === 'duplicate_order' ? 0 : ASK_AGAIN_MS), code)
  }
  if (error.kind === 'unavailable') {
    await lose(path, order, `${NOT_PLACED}: ${code}`)
    throw new RetryJobError(path.clock.nowMs() + Math.max(error.retryAfterMs, VENUE_AWAY_MS), code)
  }
  await change(path, order, { kind: 'reject' }, { reason: code }, { detail: error.message })
}

async function lose(path: OrderPath, order: StoredOrder, reason: NonNullable<OrderChange['reason']>): Promise<void> {
  await change(path, order, { kind: 'lose' }, { reason })
}

/** Both ends of the window, signing and asking, are on clocks that run `speed` times as fast, so it is as much longer. */
function receiveWindowMs({ clock }: OrderPath): number {
  return RECEIVE_WINDOW_MS * clock.speed
}

/** Asks the venue. Sent again only when it has twice said that it has no such order, past its window, and while that is allowed. */
async function findOut(path: OrderPath, order: StoredOrder): Promise<void> {
  const nowMs = path.clock.nowMs()
  if (order.state === 'sending') await lose(path, order, 'no_answer')
  const found = await asked(path, order)
  if (found) return
  const windowEndMs = (order.sendingAt ?? nowMs) + receiveWindowMs(path)
  if (nowMs <= windowEndMs) throw new RetryJobError(windowEndMs + 1, 'the receive window is open')
  const count = order.notFoundCount + 1
  if (count < NOT_FOUND_ENOUGH) {
    await path.orders.change(path.db, order.intentId, { notFoundCount: count, notFoundAt: nowMs }, nowMs)
    throw new RetryJobError(nowMs + ASK_AGAIN_MS, 'not found once')
  }
  if (nowMs > order.validUntil) {
    const current = await path.orders.get(path.db, order.intentId)
    if (current !== null) await change(path, current, { kind: 'absent' }, { reason: 'never_arrived' })
    return
  }
  const unknown = await path.orders.get(path.db, order.intentId)
  if (unknown !== null) await send(path, unknown)
}

/** Whether the venue has the order; what it says is booked. */
async function asked(path: OrderPath, order: StoredOrder): Promise<boolean> {
  try {
    const found = await path.venue.order(order.symbol, order.clientOrderId)
    if (found === null) return false
    await settleVenueOrder(path, found)
    return true
  } catch (error) {
    if (!(error instanceof VenueError)) throw error
    throw new RetryJobError(path.clock.nowMs() + Math.max(error.retryAfterMs, VENUE_AWAY_MS), error.code)
  }
}

async function change(
  path: OrderPath,
  { intentId }: StoredOrder,
  event: OrderEvent,
  changed: Required<Pick<OrderChange, 'reason'>>,
  told: Record<string, unknown> = {},
): Promise<void> {
  await path.db.transaction().execute(async (trx) => {
    const order = await path.orders.get(trx, intentId)
    if (order !== null) await advance(path, trx, order, event, changed, told)
  })
  path.committed()
}
