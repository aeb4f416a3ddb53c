import type { RehearsalAsk, RehearsalView } from '@spark/contract/rehearsal'
import type { Kysely } from 'kysely'
import type { RehearsalRow } from './operation-tables.ts'
import type { MainTables } from './tables.ts'

type State = RehearsalView['state']

export interface StoredRehearsal extends Omit<RehearsalView, 'faults' | 'seed' | 'ceiling' | 'model'> {
  ask: RehearsalAsk
}

export interface RehearsalStore {
  ask(trx: Kysely<MainTables>, rehearsal: Pick<StoredRehearsal, 'id' | 'askedBy' | 'askedAt' | 'reason' | 'ask'>): Promise<void>
  get(id: string): Promise<StoredRehearsal | null>
  /** Newest first. */
  list(limit: number): Promise<StoredRehearsal[]>
  /** Those that wait or run. */
  open(trx: Kysely<MainTables>): Promise<number>
  /** Marks it as running, unless it has ended. Resolves with whether it may run. */
  begin(id: string): Promise<boolean>
  /** Stores how far it is, 0 to 1. Resolves with whether somebody wants it ended. */
  progress(id: string, share: number): Promise<boolean>
  end(id: string, ended: { state: State; ok: boolean | null; said: string; nowMs: number }): Promise<void>
  /** One that waits has ended at once; one that runs is told. Resolves with whether there was anything to cancel. */
  cancel(trx: Kysely<MainTables>, id: string, nowMs: number): Promise<boolean>
  /** Whatever ran when its process ended will not end by itself. */
  failRunning(said: string, nowMs: number): Promise<void>
  /** Ended ones beyond the newest `kept` are removed; resolves with their ids. */
  prune(kept: number): Promise<string[]>
}

const OPEN: readonly State[] = ['waiting', 'running']
const SAID_CHARACTERS_MAX = 2000

export function createRehearsalStore(db: Kysely<MainTables>): RehearsalStore {
  return {
    async ask(trx, { id, askedBy, askedAt, reason, ask }) {
      const row = { id, asked_by: askedBy, asked_at: askedAt, reason, ask: JSON.stringify(ask) }
      const fresh = { state: 'waiting', progress: 0, cancel_asked: 0, ended_at: null, ok: null, said: null }
      await trx
        .insertInto('rehearsal')
        .values({ ...row, ...fresh })
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
    async open(trx) {
      const query = trx.selectFrom('rehearsal').select(({ fn }) => fn.countAll<number>().as('count'))
      return (await query.where('state', 'in', OPEN).executeTakeFirstOrThrow()).count
    },
    async begin(id) {
      const waiting = db.updateTable('rehearsal').set({ state: 'running' }).where('id', '=', id).where('state', '=', 'waiting')
      return (await waiting.executeTakeFirstOrThrow()).numUpdatedRows === 1n
    },
    async progress(id, share) {
      const query = db
        .updateTable('rehearsal')
        .set({ progress: Math.round(1000 * share) })
        .where('id', '=', id)
      const row = await query.returning('cancel_asked').executeTakeFirst()
      return row?.cancel_asked === 1
    },
    async end(id, { state, ok, said, nowMs }) {
      const told = { said: said.slice(0, SAID_CHARACTERS_MAX), ok: ok === null ? null : ok ? 1 : 0 }
      await db
        .updateTable('rehearsal')
        .set({ state, ended_at: nowMs, ...told, ...(state === 'done' && { progress: 1000 }) })
        .where('id', '=', id)
        .execute()
    },
    async cancel(trx, id, nowMs) {
      const own = trx.updateTable('rehearsal').where('id', '=', id)
      const waiting = own.set({ state: 'cancelled', ended_at: nowMs }).where('state', '=', 'waiting')
      if ((await waiting.executeTakeFirstOrThrow()).numUpdatedRows === 1n) return true
      const running = own.set({ cancel_asked: 1 }).where('state', '=', 'running')
      return (await running.executeTakeFirstOrThrow()).numUpdatedRows === 1n
    },
    async failRunning(said, nowMs) {
      const running = db.updateTable('rehearsal').where('state', '=', 'running')
      await running.set({ state: 'failed', ended_at: nowMs, said }).execute()
    },
    async prune(kept) {
      const ended = db.selectFrom('rehearsal').select('id').where('state', 'not in', OPEN)
      const rows = await ended.orderBy('asked_at', 'desc').orderBy('id').execute()
      const old = rows.slice(kept).map(({ id }) => id)
      if (old.length > 0) await db.deleteFrom('rehearsal').where('id', 'in', old).execute()
      return old
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
    state: row.state as State,
    progress: row.progress / 1000,
    endedAt: row.ended_at,
    ok: row.ok === null ? null : row.ok === 1,
    said: row.said,
  }
}
