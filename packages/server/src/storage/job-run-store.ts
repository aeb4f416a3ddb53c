import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

export interface JobRun {
  job: string
  startedAt: number
  /** Null: it runs. */
  endedAt: number | null
  outcome: 'done' | 'failed' | null
  /** What it did, or why it failed. */
  detail: string | null
  /** Null: its time had come. */
  askedBy: string | null
}

export interface JobRunStore {
  begin(job: string, nowMs: number, askedBy?: string | null): Promise<number>
  end(id: number, outcome: 'done' | 'failed', detail: string, nowMs: number): Promise<void>
  /** Whatever ran when its process ended will not end by itself. */
  failRunning(said: string, nowMs: number): Promise<void>
  /** The newest run of each job. */
  last(): Promise<JobRun[]>
  prune(beforeMs: number): Promise<number>
}

const DETAIL_CHARACTERS_MAX = 2000

export function createJobRunStore(db: Kysely<MainTables>): JobRunStore {
  return {
    async begin(job, nowMs, askedBy = null) {
      const { id } = await db
        .insertInto('job_run')
        .values({ job, started_at: nowMs, ended_at: null, outcome: null, detail: null, asked_by: askedBy })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async end(id, outcome, detail, nowMs) {
      await db
        .updateTable('job_run')
        .set({ outcome, detail: detail.slice(0, DETAIL_CHARACTERS_MAX), ended_at: nowMs })
        .where('id', '=', id)
        .execute()
    },
    async failRunning(said, nowMs) {
      const running = db.updateTable('job_run').where('ended_at', 'is', null)
      await running.set({ outcome: 'failed', detail: said, ended_at: nowMs }).execute()
    },
    async last() {
      const newest = db
        .selectFrom('job_run')
        .select(({ fn }) => fn.max('id').as('id'))
        .groupBy('job')
      const rows = await db.selectFrom('job_run').selectAll().where('id', 'in', newest).orderBy('job').execute()
      return rows.map(({ job, started_at: startedAt, ended_at: endedAt, outcome, detail, asked_by: askedBy }) => ({
        job,
        startedAt,
        endedAt,
        outcome: outcome as JobRun['outcome'],
        detail,
        askedBy,
      }))
    },
    async prune(beforeMs) {
      const { numDeletedRows } = await db.deleteFrom('job_run').where('started_at', '<', beforeMs).executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}
