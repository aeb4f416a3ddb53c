import type { Kysely } from 'kysely'
import type { AuditEvent } from './audit/audit-event.ts'
import type { MainTables } from './tables.ts'

/** An event that was committed with what it tells of. `id` grows; the relay carries it into the chain as `context.outbox`. */
export interface OutboxEvent {
  id: number
  event: AuditEvent
}

export interface AuditOutbox {
  /** In the caller's transaction: the event happened when and only when that commits. */
  add(trx: Kysely<MainTables>, events: readonly AuditEvent[]): Promise<void>
  /** At most `limit` events, oldest first. */
  next(limit: number): Promise<OutboxEvent[]>
  /** Those up to `id` are in the chain. */
  removeUpTo(id: number): Promise<void>
}

const ROWS_A_STATEMENT = 1000

export function createAuditOutbox(db: Kysely<MainTables>): AuditOutbox {
  return {
    async add(trx, events) {
      for (let at = 0; at < events.length; at += ROWS_A_STATEMENT)
        await trx
          .insertInto('audit_outbox')
          .values(events.slice(at, at + ROWS_A_STATEMENT).map((event) => ({ event: JSON.stringify(event) })))
          .execute()
    },
    async next(limit) {
      const rows = await db.selectFrom('audit_outbox').selectAll().orderBy('id').limit(limit).execute()
      return rows.map(({ id, event }) => ({ id, event: JSON.parse(event) as AuditEvent }))
    },
    async removeUpTo(id) {
      await db.deleteFrom('audit_outbox').where('id', '<=', id).execute()
    },
  }
}
