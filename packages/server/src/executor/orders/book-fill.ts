import type { Kysely } from 'kysely'
import type { Instrument } from '@spark/core/market/instrument'
import { Decimal } from '@spark/core/trading/decimal'
import { isOurs } from '@spark/core/trading/intent'
import { isFinal } from '@spark/core/trading/order-machine'
import { applyFill } from '@spark/core/trading/portfolio'
import type { StoredOrder } from '../../storage/order-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import type { VenueFill } from '../../venue/venue.ts'
import { advance, type OrderPath } from './order-path.ts'

/** Fills of opposite wishes that met inside have this venue. */
export const INSIDE = 'inside'

/** A fill of one order, from the venue or from inside. */
export type OrderFill = Omit<VenueFill, 'clientOrderId' | 'venueOrderId'>

/** `foreign`: an order of somebody else. `unexplained`: our book does not have the order, or not what it sold. */
export type Booked = 'booked' | 'known' | 'foreign' | 'unexplained'

/** Books a fill that the venue told of, once, however often it comes. Rejects with StorageError. */
export async function bookVenueFill(path: OrderPath, fill: VenueFill): Promise<Booked> {
  if (!isOurs(fill.clientOrderId)) return 'foreign'
  try {
    const booked = await path.db.transaction().execute(async (trx) => {
      const order = await path.orders.byClientOrderId(trx, fill.clientOrderId)
      if (order === null) return 'unexplained' as const
      return (await bookFill(path, trx, order, path.venue.name, fill)) === null ? ('known' as const) : ('booked' as const)
    })
    if (booked === 'booked') path.committed()
    return booked
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    path.log.error({ err: error, fill }, 'a fill cannot be booked; the reconciliation halts the venue')
    return 'unexplained'
  }
}

/**
 * Position, profit and order after a fill, in the caller's transaction. Null when it was booked before. The arm that opened the
 * position keeps its profit.
 */
export async function bookFill(
  path: OrderPath,
  trx: Kysely<MainTables>,
  order: StoredOrder,
  venue: string,
  fill: OrderFill,
): Promise<StoredOrder | null> {
  if (await path.positions.hasFill(trx, { venue, symbol: order.symbol, fillId: fill.fillId })) return null
  const nowMs = path.clock.nowMs()
  const instrument = instrumentOf(path, order.symbol)
  const position = await path.positions.get(trx, order.strategyId)
  const held = position === null || position.quantity === '0' ? null : position
  const effect = applyFill(held, fill, instrument)
  const arm = held?.arm ?? order.arm
  const { strategyId, symbol } = order
  // An ML entry that filled after the fence closed belongs to the baseline, like what was handed over then.
  const late = arm === 'ml' && order.epoch !== (await path.risk.epoch(trx)).epoch
  await path.positions.addFill(
    trx,
    {
      venue,
      symbol,
      fillId: fill.fillId,
      intentId: order.intentId,
      strategyId,
      arm,
      side: fill.side,
      quantity: fill.quantity,
      price: fill.price,
      fee: fill.fee,
      feeAsset: fill.feeAsset,
      realized: effect.realized,
      ts: fill.ts,
    },
    nowMs,
  )
  await path.positions.put(
    trx,
    { strategyId, symbol, arm, ...effect.holding, openedAt: held?.openedAt ?? fill.ts, reduceOnly: held?.reduceOnly ?? late },
    nowMs,
  )
  if (venue !== INSIDE) await path.venues.addFlow(trx, venue, flowOf(fill, instrument), nowMs)
  await path.positions.addProfit(trx, { strategyId, arm, realized: effect.realized, fees: effect.feeQuote }, nowMs)
  const filled = new Decimal(order.filledQuantity).plus(fill.quantity)
  return advance(
    path,
    trx,
    order,
    { kind: 'fill', complete: filled.gte(order.quantity) },
    // It is there: why it was not known for a while is told by the audit.
    { filledQuantity: filled.toString(), ...(!isFinal(order.state) && { reason: null }) },
    { fill: { venue, id: fill.fillId, quantity: fill.quantity, price: fill.price, fee: fill.fee, feeAsset: fill.feeAsset } },
  )
}

/** What a fill moves in the account at the venue, by asset. */
function flowOf(fill: OrderFill, { base, quote }: Instrument): Map<string, Decimal> {
  const sign = fill.side === 'buy' ? 1 : -1
  const flow = new Map([
    [base, new Decimal(fill.quantity).times(sign)],
    [quote, new Decimal(fill.quantity).times(fill.price).times(-sign)],
  ])
  flow.set(fill.feeAsset, (flow.get(fill.feeAsset) ?? new Decimal(0)).minus(fill.fee))
  return flow
}

export function instrumentOf({ instruments, venue }: Pick<OrderPath, 'instruments' | 'venue'>, symbol: string): Instrument {
  const instrument = instruments.get(symbol)
  if (instrument === undefined) throw new RangeError(`${venue.name} does not list ${symbol}`)
  return instrument
}
