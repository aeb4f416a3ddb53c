import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** What was decided once for an installation. */
export interface InstallationStore {
  /** Where it trades: its book is that venue's. Null before the first start that was not refused. */
  boundVenue(): Promise<string | null>
  /** For good: what was bound before stays. */
  bindVenue(venue: string, nowMs: number): Promise<void>
  /** For good as well; resolves with the public key, PEM, that all hosts sign the audit with: this one, when it is the first. */
  bindSigningKey(publicKey: string, nowMs: number): Promise<string>
}

export function createInstallationStore(db: Kysely<MainTables>): InstallationStore {
  async function bound(name: string): Promise<string | null> {
    const row = await db.selectFrom('installation').select('value').where('name', '=', name).executeTakeFirst()
    return row?.value ?? null
  }
  async function bind(name: string, value: string, nowMs: number): Promise<void> {
    await db
      .insertInto('installation')
      .values({ name, value, set_at: nowMs })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute()
  }
  return {
    boundVenue: () => bound('venue'),
    bindVenue: (venue, nowMs) => bind('venue', venue, nowMs),
    async bindSigningKey(publicKey, nowMs) {
      const first = await bound('signing_key')
      if (first !== null) return first
      await bind('signing_key', publicKey, nowMs)
      return (await bound('signing_key')) ?? publicKey
    },
  }
}
