import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** An override that one person asked for and no second has agreed to. */
export interface OverrideAsk {
  id: string
  rollout: string
  by: string
  reason: string
  askedAt: number
  expiresAt: number
}

export interface OverrideStore {
  /** The one that waits: one at most. */
  waiting(nowMs: number, trx?: Kysely<MainTables>): Promise<OverrideAsk | null>
  /** In place of the one before. */
  ask(trx: Kysely<MainTables>, ask: OverrideAsk): Promise<void>
  remove(trx: Kysely<MainTables>): Promise<void>
}

export function createOverrideStore(db: Kysely<MainTables>): OverrideStore {
  return {
    async waiting(nowMs, trx = db) {
      const row = await trx.selectFrom('override_ask').selectAll().where('expires_at', '>', nowMs).executeTakeFirst()
      if (row === undefined) return null
      const { id, rollout_id: rollout, asked_by: by, reason, asked_at: askedAt, expires_at: expiresAt } = row
      return { id, rollout, by, reason, askedAt, expiresAt }
    },
    async ask(trx, { id, rollout, by, reason, askedAt, expiresAt }) {
      await trx.deleteFrom('override_ask').execute()
      const row = { id, rollout_id: rollout, asked_by: by, reason, asked_at: askedAt, expires_at: expiresAt }
      await trx.insertInto('override_ask').values(row).execute()
    },
    async remove(trx) {
      await trx.deleteFrom('override_ask').execute()
    },
  }
}
