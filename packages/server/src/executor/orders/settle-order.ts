import { Decimal } from '@spark/core/trading/decimal'
import { isOurs } from '@spark/core/trading/intent'
import type { OrderEvent } from '@spark/core/trading/order-machine'
import type { VenueOrder, VenueOrderState } from '../../venue/venue.ts'
import { bookVenueFill, type Booked } from './book-fill.ts'
import { advance, type OrderPath } from './order-path.ts'

/** Fills are looked for from so long before the order was made: clocks differ. */
const FILLS_BEFORE_MS = 60_000

const EVENTS: Record<VenueOrderState, OrderEvent> = {
  open: { kind: 'acknowledge' },
  partly_filled: { kind: 'acknowledge' },
  // What it filled is booked by its fills; until they are here, it is only known to be there.
  filled: { kind: 'acknowledge' },
  cancelled: { kind: 'cancel' },
  expired: { kind: 'expire' },
  rejected: { kind: 'reject' },
}

/**
 * Books what the venue says of an order: first the fills that our book lacks, then its state. `unexplained`: an order under our
 * name that our book does not have. Rejects with VenueError when fills must be asked for and cannot.
 */
export async function settleVenueOrder(path: OrderPath, seen: VenueOrder): Promise<Exclude<Booked, 'known'>> {
  if (!isOurs(seen.clientOrderId)) return 'foreign'
  const order = await path.orders.byClientOrderId(path.db, seen.clientOrderId)
  if (order === null) return 'unexplained'
  if (new Decimal(seen.filledQuantity).gt(await filledAtVenue(path, order.intentId))) {
    const fills = await path.venue.fills(order.symbol, order.createdAt - FILLS_BEFORE_MS)
    for (const fill of fills.filter(({ clientOrderId }) => clientOrderId === seen.clientOrderId)) await bookVenueFill(path, fill)
  }
  await path.db.transaction().execute(async (trx) => {
    const current = await path.orders.get(trx, order.intentId)
    if (current === null) return
    const { state } = seen
    const reason = state === 'cancelled' || state === 'expired' || state === 'rejected' ? (`venue_${state}` as const) : null
    const change = { venueOrderId: seen.venueOrderId, reason }
    const advanced = await advance(path, trx, current, EVENTS[state], change)
    // It was filled before it was acknowledged.
    if (advanced === null && current.venueOrderId === null)
      await path.orders.change(trx, current.intentId, { venueOrderId: seen.venueOrderId }, path.clock.nowMs())
  })
  path.committed()
  return 'booked'
}

/** Base units that our book has from the venue, inside fills left out. */
async function filledAtVenue({ positions, venue }: OrderPath, intentId: string): Promise<Decimal> {
  const fills = await positions.fillsOf(intentId)
  return fills.filter((fill) => fill.venue === venue.name).reduce((sum, fill) => sum.plus(fill.quantity), new Decimal(0))
}
