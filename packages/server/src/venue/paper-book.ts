import { sql, type Insertable, type Kysely, type Selectable } from 'kysely'
import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Side } from '@spark/core/trading/order'
import { columnsOf, prepared, standIns } from '../storage/prepared.ts'
import type { PaperOrderRow, PaperTables } from '../storage/paper-tables.ts'
import type { VenueFill, VenueOrder, VenueOrderState } from './venue.ts'

/** Reads and writes of the paper venue's book, in the caller's transaction. */

const named = prepared<PaperTables, { id: string }, PaperOrderRow>((from, parameter) =>
  from
    .selectFrom('paper_order')
    .selectAll()
    .where('client_order_id', '=', parameter('id'))
    .orderBy(sql`rowid`, 'desc')
    .limit(1),
)
const ofVenue = prepared<PaperTables, { id: string }, PaperOrderRow>((from, parameter) =>
  from.selectFrom('paper_order').selectAll().where('venue_order_id', '=', parameter('id')),
)
const balanceOf = prepared<PaperTables, { asset: string }, PaperTables['paper_balance']>((from, parameter) =>
  from.selectFrom('paper_balance').selectAll().where('asset', '=', parameter('asset')),
)
const putBalance = prepared<PaperTables, PaperTables['paper_balance']>((from, parameter, shape) => {
  const row = standIns(parameter, shape)
  return from
    .insertInto('paper_balance')
    .values(row)
    .onConflict((conflict) => conflict.column('asset').doUpdateSet(row))
})
const changed = prepared<PaperTables, Partial<PaperOrderRow> & Pick<PaperOrderRow, 'venue_order_id'>>(
  (from, parameter, shape) => {
    const { venue_order_id: id, ...columns } = standIns(parameter, shape)
    return from.updateTable('paper_order').set(columns).where('venue_order_id', '=', id)
  },
  columnsOf,
)
const addedFill = prepared<PaperTables, Insertable<PaperTables['paper_fill']>, { id: number }>((from, parameter, shape) =>
  from.insertInto('paper_fill').values(standIns(parameter, shape)).returning('id'),
)

const filledSince = prepared<
  PaperTables,
  { symbol: string; since: number },
  Selectable<PaperTables['paper_fill']> & Pick<PaperOrderRow, 'client_order_id'>
>((from, parameter) =>
  from
    .selectFrom('paper_fill')
    .innerJoin('paper_order', 'paper_order.venue_order_id', 'paper_fill.venue_order_id')
    .selectAll('paper_fill')
    .select('paper_order.client_order_id')
    .where('paper_fill.symbol', '=', parameter('symbol'))
    .where('paper_fill.ts', '>=', parameter('since'))
    .orderBy('paper_fill.id'),
)
const lastNumber = prepared<PaperTables, Record<string, never>, { last: number | null }>((from) =>
  from.selectFrom('paper_order').select(sql<number | null>`max(rowid)`.as('last')),
)
const added = prepared<PaperTables, PaperOrderRow>((from, parameter, shape) =>
  from.insertInto('paper_order').values(standIns(parameter, shape)),
)

/** The newest one, when an id was used again. */
export async function orderNamed(trx: Kysely<PaperTables>, clientOrderId: string): Promise<PaperOrderRow | null> {
  return (await named(trx, { id: clientOrderId })).rows[0] ?? null
}

export async function orderRow(trx: Kysely<PaperTables>, venueOrderId: string): Promise<PaperOrderRow | null> {
  return (await ofVenue(trx, { id: venueOrderId })).rows[0] ?? null
}

/** Word for word the condition of the index paper_order_open: with the states as parameters each price would read every order. */
const IS_OPEN = sql<boolean>`state in ('open', 'partly_filled')`

export function openRowsQuery(trx: Kysely<PaperTables>, symbols: readonly string[]) {
  return trx
    .selectFrom('paper_order')
    .selectAll()
    .where('symbol', 'in', [...symbols])
    .where(IS_OPEN)
    .orderBy('created_at')
    .orderBy('venue_order_id')
}

const openOnes = prepared<PaperTables, { symbols: readonly string[] }, PaperOrderRow>(
  (from, parameter) => openRowsQuery(from, parameter('symbols')),
  ({ symbols }) => symbols.length,
)

export async function openRows(trx: Kysely<PaperTables>, symbols: readonly string[]): Promise<PaperOrderRow[]> {
  return (await openOnes(trx, { symbols })).rows
}

/** The next number of an order. None is ever removed, and counting them would read them all. */
export async function nextNumber(trx: Kysely<PaperTables>): Promise<number> {
  return ((await lastNumber(trx, {})).rows[0]?.last ?? 0) + 1
}

export async function addOrder(trx: Kysely<PaperTables>, row: PaperOrderRow): Promise<void> {
  await added(trx, row)
}

/** Adds to what is free and locked of an asset; throws RangeError when either would be below 0. */
export async function addBalance(trx: Kysely<PaperTables>, asset: string, free: Decimal, locked: Decimal): Promise<void> {
  const [row] = (await balanceOf(trx, { asset })).rows
  const sum = { free: new Decimal(row?.free ?? 0).plus(free), locked: new Decimal(row?.locked ?? 0).plus(locked) }
  if (sum.free.lt(0) || sum.locked.lt(0)) throw new RangeError(`not enough ${asset}`)
  await putBalance(trx, { asset, free: sum.free.toString(), locked: sum.locked.toString() })
}

export async function freeOf(trx: Kysely<PaperTables>, asset: string): Promise<Decimal> {
  const [row] = (await balanceOf(trx, { asset })).rows
  return new Decimal(row?.free ?? 0)
}

export async function changeOrder(
  trx: Kysely<PaperTables>,
  venueOrderId: string,
  change: Partial<Pick<PaperOrderRow, 'state' | 'filled_quantity' | 'locked'>>,
  nowMs: number,
): Promise<void> {
  await changed(trx, { ...change, updated_at: nowMs, venue_order_id: venueOrderId })
}

export async function addFill(
  trx: Kysely<PaperTables>,
  order: PaperOrderRow,
  fill: { quantity: DecimalText; price: DecimalText; fee: DecimalText; feeAsset: string; ts: number },
): Promise<VenueFill> {
  const { client_order_id: clientOrderId, venue_order_id: venueOrderId, symbol, side } = order
  const { feeAsset, ...rest } = fill
  const { rows } = await addedFill(trx, { venue_order_id: venueOrderId, symbol, side, fee_asset: feeAsset, ...rest })
  return { fillId: String(rows[0]?.id), clientOrderId, venueOrderId, symbol, side: side as Side, ...fill }
}

export async function fillsSince(db: Kysely<PaperTables>, symbol: string, sinceMs: number): Promise<VenueFill[]> {
  const { rows } = await filledSince(db, { symbol, since: sinceMs })
  return rows.map((row) => ({
    fillId: String(row.id),
    clientOrderId: row.client_order_id,
    venueOrderId: row.venue_order_id,
    symbol: row.symbol,
    side: row.side as Side,
    quantity: row.quantity,
    price: row.price,
    fee: row.fee,
    feeAsset: row.fee_asset,
    ts: row.ts,
  }))
}

export function venueOrder(row: PaperOrderRow): VenueOrder {
  return {
    clientOrderId: row.client_order_id,
    venueOrderId: row.venue_order_id,
    symbol: row.symbol,
    side: row.side as Side,
    quantity: row.quantity,
    filledQuantity: row.filled_quantity,
    state: row.state as VenueOrderState,
    updatedMs: row.updated_at,
  }
}
