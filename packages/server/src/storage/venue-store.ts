import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Kysely } from 'kysely'
import { columnsOf, prepared, standIns } from './prepared.ts'
import type { MainTables } from './tables.ts'
import type { VenueStateRow } from './trading-tables.ts'

export interface VenueStanding {
  /** Why orders may not go there, or null. */
  halted: string | null
  /** Why no order may increase risk there, while exits work; or null. */
  entriesStopped: string | null
  /** When the books agreed last, ms; null: never. */
  reconciledAt: number | null
}

export interface VenueStore {
  /** How a venue stands, in one read. */
  standing(trx: Kysely<MainTables>, venue: string): Promise<VenueStanding>
  /** Why orders may not go to a venue, or null. */
  halt(trx: Kysely<MainTables>, venue: string): Promise<string | null>
  /** Null lifts the halt, and says that our book and the venue's agree now. */
  setHalt(trx: Kysely<MainTables>, venue: string, reason: string | null, nowMs: number): Promise<void>
  /** Why no order may increase risk there, while exits work; or null. */
  entriesStopped(trx: Kysely<MainTables>, venue: string): Promise<string | null>
  stopEntries(trx: Kysely<MainTables>, venue: string, reason: string | null, nowMs: number): Promise<void>
  /** What the account must hold by our book, by asset; empty before it was opened. */
  balances(venue: string, trx?: Kysely<MainTables>): Promise<Map<string, DecimalText>>
  /** Takes over what the account holds at the beginning. */
  open(trx: Kysely<MainTables>, venue: string, amounts: ReadonlyMap<string, DecimalText>, nowMs: number): Promise<void>
  /** Adds to what the account must hold: a fill, a deposit, a withdrawal. */
  addFlow(trx: Kysely<MainTables>, venue: string, flow: ReadonlyMap<string, Decimal>, nowMs: number): Promise<void>
}

const stateRows = prepared<MainTables, { venue: string }, VenueStateRow>((from, parameter) =>
  from.selectFrom('venue_state').selectAll().where('venue', '=', parameter('venue')),
)
const balanceOf = prepared<MainTables, { venue: string; asset: string }, { amount: DecimalText }>((from, parameter) =>
  from
    .selectFrom('venue_balance')
    .select('amount')
    .where('venue', '=', parameter('venue'))
    .where('asset', '=', parameter('asset')),
)
const putBalance = prepared<MainTables, MainTables['venue_balance']>((from, parameter, shape) => {
  const row = standIns(parameter, shape)
  return from
    .insertInto('venue_balance')
    .values(row)
    .onConflict((conflict) => conflict.columns(['venue', 'asset']).doUpdateSet(row))
})

const putState = prepared<MainTables, Partial<VenueStateRow> & Pick<VenueStateRow, 'venue' | 'changed_at'>>(
  (from, parameter, shape) => {
    const { venue, ...row } = standIns(parameter, shape)
    return from
      .insertInto('venue_state')
      .values({ venue, halted_reason: null, entries_stopped_reason: null, reconciled_at: null, ...row })
      .onConflict((conflict) => conflict.column('venue').doUpdateSet(row))
  },
  columnsOf,
)

export function createVenueStore(db: Kysely<MainTables>): VenueStore {
  const standing = async (trx: Kysely<MainTables>, venue: string): Promise<VenueStanding> => {
    const [row] = (await stateRows(trx, { venue })).rows
    return {
      halted: row?.halted_reason ?? null,
      entriesStopped: row?.entries_stopped_reason ?? null,
      reconciledAt: row?.reconciled_at ?? null,
    }
  }
  return {
    standing,
    async halt(trx, venue) {
      return (await standing(trx, venue)).halted
    },
    async setHalt(trx, venue, reason, nowMs) {
      await putState(trx, {
        venue,
        halted_reason: reason,
        changed_at: nowMs,
        ...(reason === null && { reconciled_at: nowMs }),
      })
    },
    async entriesStopped(trx, venue) {
      return (await standing(trx, venue)).entriesStopped
    },
    async stopEntries(trx, venue, reason, nowMs) {
      await putState(trx, { venue, entries_stopped_reason: reason, changed_at: nowMs })
    },
    async balances(venue, trx = db) {
      const rows = await trx
        .selectFrom('venue_balance')
        .select(['asset', 'amount'])
        .where('venue', '=', venue)
        .orderBy('asset')
        .execute()
      return new Map(rows.map(({ asset, amount }) => [asset, amount]))
    },
    async open(trx, venue, amounts, nowMs) {
      for (const [asset, amount] of amounts) await putBalance(trx, { venue, asset, amount, changed_at: nowMs })
    },
    async addFlow(trx, venue, flow, nowMs) {
      for (const [asset, amount] of flow) {
        const [known] = (await balanceOf(trx, { venue, asset })).rows
        const sum = new Decimal(known?.amount ?? 0).plus(amount).toString()
        await putBalance(trx, { venue, asset, amount: sum, changed_at: nowMs })
      }
    },
  }
}
