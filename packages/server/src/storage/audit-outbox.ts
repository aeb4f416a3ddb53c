import { sql, type Kysely } from 'kysely'
import type { AuditEvent } from './audit/audit-event.ts'
import { prepared } from './prepared.ts'
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
  /** Events of an action from a time on that are not in the chain yet, oldest first. */
  waiting(action: string, fromMs: number): Promise<AuditEvent[]>
  /** Those up to `id` are in the chain. */
  removeUpTo(id: number): Promise<void>
}

const ROWS_A_STATEMENT = 1000

const oldest = prepared<MainTables, { limit: number }, { id: number; event: string }>(
  (from, _parameter, { limit }) => from.selectFrom('audit_outbox').select(['id', 'event']).orderBy('id').limit(limit),
  ({ limit }) => limit,
)
const addOne = prepared<MainTables, { event: string }>((from, parameter) =>
  from.insertInto('audit_outbox').values({ event: parameter('event') }),
)
const remove = prepared<MainTables, { id: number }>((from, parameter) =>
  from.deleteFrom('audit_outbox').where('id', '<=', parameter('id')),
)

export function createAuditOutbox(db: Kysely<MainTables>): AuditOutbox {
  return {
    async add(trx, events) {
      const [first] = events
      if (events.length === 1) {
        await addOne(trx, { event: JSON.stringify(first) })
        return
      }
      for (let at = 0; at < events.length; at += ROWS_A_STATEMENT)
        await trx
          .insertInto('audit_outbox')
          .values(events.slice(at, at + ROWS_A_STATEMENT).map((event) => ({ event: JSON.stringify(event) })))
          .execute()
    },
    async next(limit) {
      return (await oldest(db, { limit })).rows.map(({ id, event }) => ({ id, event: JSON.parse(event) as AuditEvent }))
    },
    async waiting(action, fromMs) {
      const rows = await db
        .selectFrom('audit_outbox')
        .select('event')
        .where(sql<string>`json_extract(event, '$.action')`, '=', action)
        .where(sql<number>`cast(json_extract(event, '$.ts') as bigint)`, '>=', fromMs)
        .orderBy('id')
        .execute()
      return rows.map(({ event }) => JSON.parse(event) as AuditEvent)
    },
    async removeUpTo(id) {
      await remove(db, { id })
    },
  }
}
