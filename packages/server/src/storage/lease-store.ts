import type { Lease } from '@spark/core/hosts/plan-turn'
import type { Kysely } from 'kysely'
import { DATABASE_NOW_MS, databaseNowMs } from './database-clock.ts'
import { prepared } from './prepared.ts'
import type { MainTables } from './tables.ts'

/**
 * Leases, in the caller's transaction: transactions that write run one after the other, so what was read is still so when it is
 * written. All times are by the clock of the database, which all hosts share.
 */
export interface LeaseStore {
  read(trx: Kysely<MainTables>): Promise<{ nowMs: number; leases: Lease[] }>
  /** Resolves with the number of each. */
  take(trx: Kysely<MainTables>, names: readonly string[], holder: string, until: number): Promise<Map<string, number>>
  /** The same holder, the same number, another end. One that is over is free. */
  extend(trx: Kysely<MainTables>, names: readonly string[], until: number): Promise<void>
  /** Numbers of those among `names` that this holder has now. */
  current(trx: Kysely<MainTables>, holder: string, names: readonly string[]): Promise<Map<string, number>>
}

const notOver = prepared<MainTables, { holder: string; names: readonly string[] }, Pick<Lease, 'name' | 'number'>>(
  (from, parameter) =>
    from
      .selectFrom('lease')
      .select(['name', 'number'])
      .where('holder', '=', parameter('holder'))
      .where('name', 'in', parameter('names'))
      .where('until', '>', DATABASE_NOW_MS),
  ({ names }) => names.length,
)

export function createLeaseStore(): LeaseStore {
  return {
    async read(trx) {
      const leases = await trx.selectFrom('lease').selectAll().orderBy('name').execute()
      return { nowMs: await databaseNowMs(trx), leases }
    },
    async take(trx, names, holder, until) {
      if (names.length === 0) return new Map()
      const rows = await trx
        .insertInto('lease')
        .values(names.map((name) => ({ name, holder, number: 1, until })))
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet((eb) => ({ holder, number: eb('lease.number', '+', 1), until })),
        )
        .returning(['name', 'number'])
        .execute()
      return new Map(rows.map(({ name, number }) => [name, number]))
    },
    async extend(trx, names, until) {
      if (names.length === 0) return
      await trx.updateTable('lease').set({ until }).where('name', 'in', names).execute()
    },
    async current(trx, holder, names) {
      if (names.length === 0) return new Map()
      const { rows } = await notOver(trx, { holder, names })
      return new Map(rows.map(({ name, number }) => [name, number]))
    },
  }
}
