import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

export type Severity = 'red' | 'yellow'

export interface NewAlert {
  severity: Severity
  /** Stable word: `venue_halted`. */
  code: string
  /** What it is about: `venue:paper`, `strategy:ID`, `job:backup`; alerts of the same code and scope belong together. */
  scope: string
  message: string
}

export interface StoredAlert extends NewAlert {
  id: number
  ts: number
  /** How often it was raised in a row, and when last. */
  count: number
  lastTs: number
}

export interface AlertStore {
  /** One raised again within `againMs` of the last time counts up (`fresh` false) instead of becoming another. */
  add(trx: Kysely<MainTables>, alert: NewAlert, nowMs: number, againMs: number): Promise<{ id: number; fresh: boolean }>
  last(): Promise<StoredAlert | null>
}

export function createAlertStore(db: Kysely<MainTables>): AlertStore {
  return {
    async add(trx, { severity, code, scope, message }, nowMs, againMs) {
      const before = await trx
        .selectFrom('alert')
        .select('id')
        .where('code', '=', code)
        .where('scope', '=', scope)
        .where('last_ts', '>', nowMs - againMs)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (before !== undefined) {
        await trx
          .updateTable('alert')
          .set((eb) => ({ count: eb('count', '+', 1), last_ts: nowMs, message }))
          .where('id', '=', before.id)
          .execute()
        return { id: before.id, fresh: false }
      }
      const { id } = await trx
        .insertInto('alert')
        .values({ ts: nowMs, severity, code, scope, message, count: 1, last_ts: nowMs })
        .returning('id')
        .executeTakeFirstOrThrow()
      return { id, fresh: true }
    },
    async last() {
      const row = await db
        .selectFrom('alert')
        .selectAll()
        .orderBy('last_ts', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (row === undefined) return null
      const { last_ts: lastTs, severity, ...rest } = row
      return { ...rest, severity: severity as Severity, lastTs }
    },
  }
}
