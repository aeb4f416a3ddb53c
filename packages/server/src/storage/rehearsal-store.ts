import type { RehearsalAsk, RehearsalView } from '@spark/contract/rehearsal'
import type { Kysely } from 'kysely'
import { createApartRuns, endOfRun, FRESH_RUN, standOfRun, type ApartEnd, type ApartRuns } from './apart-runs.ts'
import type { RehearsalRow } from './operation-tables.ts'
import type { MainTables } from './tables.ts'

export interface StoredRehearsal extends Omit<RehearsalView, 'faults' | 'seed' | 'ceiling' | 'model'> {
  ask: RehearsalAsk
}

export interface RehearsalStore extends ApartRuns {
  ask(trx: Kysely<MainTables>, rehearsal: Pick<StoredRehearsal, 'id' | 'askedBy' | 'askedAt' | 'reason' | 'ask'>): Promise<void>
  get(id: string): Promise<StoredRehearsal | null>
  /** Newest first. */
  list(limit: number): Promise<StoredRehearsal[]>
  end(id: string, ended: ApartEnd): Promise<void>
}

export function createRehearsalStore(db: Kysely<MainTables>): RehearsalStore {
  return {
    ...createApartRuns(db, 'rehearsal'),
    async ask(trx, { id, askedBy, askedAt, reason, ask }) {
      const row = { id, asked_by: askedBy, asked_at: askedAt, reason, ask: JSON.stringify(ask) }
      await trx
        .insertInto('rehearsal')
        .values({ ...row, ...FRESH_RUN })
        .execute()
    },
    async get(id) {
      const row = await db.selectFrom('rehearsal').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async list(limit) {
      const newest = db.selectFrom('rehearsal').selectAll().orderBy('asked_at', 'desc').orderBy('id').limit(limit)
      return (await newest.execute()).map(fromRow)
    },
    async end(id, ended) {
      await db.updateTable('rehearsal').set(endOfRun(ended)).where('id', '=', id).execute()
    },
  }
}

function fromRow(row: RehearsalRow): StoredRehearsal {
  return {
    id: row.id,
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    reason: row.reason,
    ask: JSON.parse(row.ask) as RehearsalAsk,
    ...standOfRun(row),
  }
}
