import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** What was decided once for a data folder. */
export interface InstallationStore {
  /** Where it trades, for good: its book is that venue's. The first start decides; resolves with what holds. */
  bindVenue(venue: string, nowMs: number): Promise<string>
}

export function createInstallationStore(db: Kysely<MainTables>): InstallationStore {
  return {
    async bindVenue(venue, nowMs) {
      return db.transaction().execute(async (trx) => {
        await trx
          .insertInto('installation')
          .values({ name: 'venue', value: venue, set_at: nowMs })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .execute()
        const row = await trx.selectFrom('installation').select('value').where('name', '=', 'venue').executeTakeFirstOrThrow()
        return row.value
      })
    },
  }
}
