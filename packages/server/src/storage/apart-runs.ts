import type { RehearsalView } from '@spark/contract/rehearsal'
import type { Kysely } from 'kysely'
import type { RehearsalRow } from './operation-tables.ts'
import type { MainTables } from './tables.ts'

type State = RehearsalView['state']

/** What somebody asked for that runs in a process of its own: how far it is, and how it ended. */
export interface ApartRuns {
  /** Those that wait or run. */
  open(trx: Kysely<MainTables>): Promise<number>
  /** Marks it as running, unless it has ended. Resolves with whether it may run. */
  begin(id: string): Promise<boolean>
  /** Stores how far it is, 0 to 1. Resolves with whether somebody wants it ended. */
  progress(id: string, share: number): Promise<boolean>
  /** One that waits has ended at once; one that runs is told. Resolves with whether there was anything to cancel. */
  cancel(trx: Kysely<MainTables>, id: string, nowMs: number): Promise<boolean>
  /** Whatever ran when its process ended will not end by itself. */
  failRunning(said: string, nowMs: number): Promise<void>
  /** Ended ones beyond the newest `kept` are removed; resolves with their ids. */
  prune(kept: number): Promise<string[]>
}

export interface ApartEnd {
  state: State
  ok: boolean | null
  said: string
  nowMs: number
}

const OPEN: readonly State[] = ['waiting', 'running']
const SAID_CHARACTERS_MAX = 2000

/** Columns of one that was just asked for. */
export const FRESH_RUN = { state: 'waiting', progress: 0, cancel_asked: 0, ended_at: null, ok: null, said: null }

/** Columns of one that has ended. */
export function endOfRun({ state, ok, said, nowMs }: ApartEnd) {
  const told = { said: said.slice(0, SAID_CHARACTERS_MAX), ok: ok === null ? null : ok ? 1 : 0 }
  return { state, ended_at: nowMs, ...told, ...(state === 'done' && { progress: 1000 }) }
}

/** How one stands, from its row. */
export function standOfRun({
  state,
  progress,
  ended_at: endedAt,
  ok,
  said,
}: Pick<RehearsalRow, 'state' | 'progress' | 'ended_at' | 'ok' | 'said'>) {
  return { state: state as State, progress: progress / 1000, endedAt, ok: ok === null ? null : ok === 1, said }
}

export function createApartRuns(db: Kysely<MainTables>, name: 'rehearsal' | 'optimization'): ApartRuns {
  // Both have the columns that are used here.
  const table = name as 'rehearsal'
  return {
    async open(trx) {
      const query = trx.selectFrom(table).select(({ fn }) => fn.countAll<number>().as('count'))
      return (await query.where('state', 'in', OPEN).executeTakeFirstOrThrow()).count
    },
    async begin(id) {
      const waiting = db.updateTable(table).set({ state: 'running' }).where('id', '=', id).where('state', '=', 'waiting')
      return (await waiting.executeTakeFirstOrThrow()).numUpdatedRows === 1n
    },
    async progress(id, share) {
      const query = db
        .updateTable(table)
        .set({ progress: Math.round(1000 * share) })
        .where('id', '=', id)
      const row = await query.returning('cancel_asked').executeTakeFirst()
      return row?.cancel_asked === 1
    },
    async cancel(trx, id, nowMs) {
      const own = trx.updateTable(table).where('id', '=', id)
      const waiting = own.set({ state: 'cancelled', ended_at: nowMs }).where('state', '=', 'waiting')
      if ((await waiting.executeTakeFirstOrThrow()).numUpdatedRows === 1n) return true
      const running = own.set({ cancel_asked: 1 }).where('state', '=', 'running')
      return (await running.executeTakeFirstOrThrow()).numUpdatedRows === 1n
    },
    async failRunning(said, nowMs) {
      const running = db.updateTable(table).where('state', '=', 'running')
      await running.set({ state: 'failed', ended_at: nowMs, said }).execute()
    },
    async prune(kept) {
      const ended = db.selectFrom(table).select('id').where('state', 'not in', OPEN)
      const rows = await ended.orderBy('asked_at', 'desc').orderBy('id').execute()
      const old = rows.slice(kept).map(({ id }) => id)
      if (old.length > 0) await db.deleteFrom(table).where('id', 'in', old).execute()
      return old
    },
  }
}
