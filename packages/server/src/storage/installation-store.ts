import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** What was decided once for a data folder. */
export interface InstallationStore {
  /** Where it trades: its book is that venue's. Null before the first start that was not refused. */
  boundVenue(): Promise<string | null>
  /** For good: what was bound before stays. */
  bindVenue(venue: string, nowMs: number): Promise<void>
}

export function createInstallationStore(db: Kysely<MainTables>): InstallationStore {
  return {
    async boundVenue() {
      const row = await db.selectFrom('installation').select('value').where('name', '=', 'venue').executeTakeFirst()
      return row?.value ?? null
    },
    async bindVenue(venue, nowMs) {
      await db
        .insertInto('installation')
        .values({ name: 'venue', value: venue, set_at: nowMs })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute()
    },
  }
}
