import type { LeasedJob } from '../../queue/queue.ts'
import { PoisonJobError, RetryJobError } from '../../queue/worker.ts'
import type { StoredOrder } from '../../storage/order-store.ts'
import { killedBy } from '../../storage/risk-store.ts'
import { VenueError } from '../../venue/venue.ts'
import type { CancelBudget } from './cancel-budget.ts'
import { advance, type OrderPath } from './order-path.ts'
import { settleVenueOrder } from './settle-order.ts'

/** Until every order has ended it is asked again so often. */
const AGAIN_MS = 1000
/** What has not ended by then needs a person. */
const GIVE_UP_MS = 600_000

/**
 * Cancels every open order in the scope that increases risk: what was not sent yet is withdrawn, what is at the venue is cancelled
 * there, what is unknown is waited for. Ends when the venue has said of each that it has ended.
 */
export async function cancelOrders(path: OrderPath, budget: CancelBudget, job: LeasedJob): Promise<void> {
  const { scope, askedAt } = requestOf(job)
  const inScope = ({ strategyId, venue, purpose, arm }: StoredOrder) =>
    purpose === 'enter' &&
    (scope === `arm:${arm}` || killedBy([{ scope, reason: '', actor: '', setAt: 0 }], strategyId, venue) !== null)
  const { limits } = await path.limits(path.db)
  const mayCancel = () => budget.take(limits.maxCancelsPerMinute)
  for (const order of (await path.orders.open(path.db)).filter(inScope)) await cancelOne(path, mayCancel, order)
  const left = (await path.orders.open(path.db)).filter(inScope)
  if (left.length === 0) return
  const nowMs = path.clock.nowMs()
  if (nowMs > askedAt + GIVE_UP_MS)
    throw new PoisonJobError(
      'not_cancelled',
      `${left.length} orders have not ended: ${left.map((one) => one.clientOrderId).join(', ')}`,
    )
  throw new RetryJobError(nowMs + AGAIN_MS, 'orders_open')
}

async function cancelOne(path: OrderPath, mayCancel: () => boolean, order: StoredOrder): Promise<void> {
  if (order.state === 'reserved') {
    await path.db.transaction().execute(async (trx) => {
      const current = await path.orders.get(trx, order.intentId)
      if (current?.state === 'reserved') await advance(path, trx, current, { kind: 'withdraw' }, { reason: 'killed' })
    })
    path.committed()
    return
  }
  // Being sent, or unknown: its own job finds out; then it is found here. Beyond the budget the next look goes on.
  if ((order.state !== 'acknowledged' && order.state !== 'partly_filled') || !mayCancel()) return
  try {
    await settleVenueOrder(path, await path.venue.cancel(order.symbol, order.clientOrderId))
  } catch (error) {
    if (!(error instanceof VenueError)) throw error
    path.log.warn({ err: error, clientOrderId: order.clientOrderId }, 'an order could not be cancelled; trying again')
  }
}

function requestOf({ payload }: LeasedJob): { scope: string; askedAt: number } {
  const { scope, askedAt } = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>
  if (typeof scope !== 'string' || !Number.isSafeInteger(askedAt))
    throw new PoisonJobError('invalid_payload', 'the job is no request to cancel')
  return { scope, askedAt: Number(askedAt) }
}
