import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** What may be shown of a stored key. */
export interface ExchangeKeyView {
  /** `ccxt:binance`, `ccxt:binance testnet`. */
  venue: string
  /** The last characters of the API key. */
  hint: string
  createdAt: number
}

export interface ExchangeKeyStore {
  list(): Promise<ExchangeKeyView[]>
  /** As it was sealed, or null. */
  sealed(venue: string, trx?: Kysely<MainTables>): Promise<string | null>
  put(trx: Kysely<MainTables>, key: ExchangeKeyView & { sealed: string }): Promise<void>
  /** False when there was none. */
  remove(trx: Kysely<MainTables>, venue: string): Promise<boolean>
}

/** Exchange keys at rest, encrypted by whoever calls. */
export function createExchangeKeyStore(db: Kysely<MainTables>): ExchangeKeyStore {
  return {
    async list() {
      const rows = await db.selectFrom('exchange_key').select(['venue', 'hint', 'created_at']).orderBy('venue').execute()
      return rows.map(({ venue, hint, created_at: createdAt }) => ({ venue, hint, createdAt }))
    },
    async sealed(venue, trx = db) {
      const row = await trx.selectFrom('exchange_key').select('sealed').where('venue', '=', venue).executeTakeFirst()
      return row?.sealed ?? null
    },
    async put(trx, { venue, hint, sealed, createdAt }) {
      const row = { hint, sealed, created_at: createdAt }
      await trx
        .insertInto('exchange_key')
        .values({ venue, ...row })
        .onConflict((conflict) => conflict.column('venue').doUpdateSet(row))
        .execute()
    },
    async remove(trx, venue) {
      return (await trx.deleteFrom('exchange_key').where('venue', '=', venue).returning('venue').execute()).length === 1
    },
  }
}
