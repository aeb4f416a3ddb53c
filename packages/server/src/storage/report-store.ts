import type { ReportView } from '@spark/contract/report'
import type { Report, ReportPeriod } from '@spark/core/report/report'
import type { Kysely } from 'kysely'
import type { ReportRow } from './report-tables.ts'
import type { MainTables } from './tables.ts'

export type Signature = ReportView['signatures'][number]

export interface StoredReport extends Omit<ReportView, 'kind' | 'fromMs' | 'toMs'> {
  period: ReportPeriod
}

export interface ReportStore {
  /** Waits to be made from now on, also one that failed. False: it waits or is done, and nothing changed. */
  ask(trx: Kysely<MainTables>, report: { id: string; period: ReportPeriod; askedBy: string; askedAt: number }): Promise<boolean>
  get(id: string, trx?: Kysely<MainTables>): Promise<StoredReport | null>
  /** Null: there is none, or it is not done. */
  document(id: string): Promise<Report | null>
  /** Newest first, without their documents. */
  list(limit: number): Promise<StoredReport[]>
  /** Those that wait, oldest first. */
  waiting(trx?: Kysely<MainTables>): Promise<StoredReport[]>
  /** The report and what its evidence is, at once. */
  finish(id: string, done: { document: Report; evidence: NonNullable<ReportView['evidence']>; nowMs: number }): Promise<void>
  fail(id: string, said: string, nowMs: number): Promise<void>
  /** False: it is signed so already, or it is not done. */
  sign(trx: Kysely<MainTables>, id: string, signature: Signature): Promise<boolean>
  /** Removes reports whose period ended before; resolves with their ids. */
  prune(beforeMs: number): Promise<string[]>
}

const SAID_CHARACTERS_MAX = 500
const LISTED = ['id', 'kind', 'from_ts', 'to_ts', 'asked_by', 'asked_at', 'state', 'said', 'ended_at', 'evidence'] as const

export function createReportStore(db: Kysely<MainTables>): ReportStore {
  const listed = (trx: Kysely<MainTables>) => trx.selectFrom('report').select(LISTED)
  const signed = async (rows: readonly Pick<ReportRow, (typeof LISTED)[number]>[], trx = db): Promise<StoredReport[]> => {
    const ids = rows.map(({ id }) => id)
    const all =
      ids.length === 0
        ? []
        : await trx.selectFrom('report_signature').selectAll().where('report_id', 'in', ids).orderBy('kind').execute()
    const of = Map.groupBy(all, ({ report_id: id }) => id)
    return rows.map((row) =>
      fromRow(
        row,
        (of.get(row.id) ?? []).map(({ kind, name, signed_at: at }) => ({ as: kindOf(kind), by: name, at })),
      ),
    )
  }
  return {
    ask,
    async get(id, trx = db) {
      return (await signed(await listed(trx).where('id', '=', id).execute(), trx))[0] ?? null
    },
    async document(id) {
      const row = await db.selectFrom('report').select('document').where('id', '=', id).executeTakeFirst()
      const text = row?.document ?? null
      return text === null ? null : (JSON.parse(text) as Report)
    },
    list: async (limit) => signed(await listed(db).orderBy('asked_at', 'desc').orderBy('id').limit(limit).execute()),
    waiting: async (trx = db) =>
      signed(await listed(trx).where('state', '=', 'waiting').orderBy('asked_at').orderBy('id').execute(), trx),
    async finish(id, { document, evidence, nowMs }) {
      const done = {
        state: 'done',
        said: null,
        ended_at: nowMs,
        document: JSON.stringify(document),
        evidence: JSON.stringify(evidence),
      }
      await db.updateTable('report').set(done).where('id', '=', id).where('state', '<>', 'done').execute()
    },
    async fail(id, said, nowMs) {
      const failed = { state: 'failed', said: said.slice(0, SAID_CHARACTERS_MAX), ended_at: nowMs }
      await db.updateTable('report').set(failed).where('id', '=', id).where('state', '=', 'waiting').execute()
    },
    async sign(trx, id, { as, by, at }) {
      const done = await trx.selectFrom('report').select('id').where('id', '=', id).where('state', '=', 'done').executeTakeFirst()
      if (done === undefined) return false
      const query = trx.insertInto('report_signature').values({ report_id: id, kind: as, name: by, signed_at: at })
      const inserted = await query.onConflict((conflict) => conflict.doNothing()).executeTakeFirstOrThrow()
      return inserted.numInsertedOrUpdatedRows === 1n
    },
    prune: (beforeMs) => db.transaction().execute((trx) => prune(trx, beforeMs)),
  }
}

async function ask(
  trx: Kysely<MainTables>,
  { id, period, askedBy, askedAt }: Parameters<ReportStore['ask']>[1],
): Promise<boolean> {
  const waits = { asked_by: askedBy, asked_at: askedAt, state: 'waiting', said: null, ended_at: null }
  const row = { id, kind: period.kind, from_ts: period.fromMs, to_ts: period.toMs, ...waits, document: null, evidence: null }
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('report')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(waits).where('report.state', '=', 'failed'))
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

async function prune(trx: Kysely<MainTables>, beforeMs: number): Promise<string[]> {
  const old = await trx.selectFrom('report').select('id').where('to_ts', '<', beforeMs).where('state', '<>', 'waiting').execute()
  const ids = old.map(({ id }) => id)
  if (ids.length === 0) return []
  await trx.deleteFrom('report_signature').where('report_id', 'in', ids).execute()
  await trx.deleteFrom('report').where('id', 'in', ids).execute()
  return ids
}

const kindOf = (kind: string): Signature['as'] => (kind === 'approved' ? 'approved' : 'reviewed')

function fromRow(row: Pick<ReportRow, (typeof LISTED)[number]>, signatures: Signature[]): StoredReport {
  return {
    id: row.id,
    period: { kind: row.kind as ReportPeriod['kind'], fromMs: row.from_ts, toMs: row.to_ts },
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    state: row.state as ReportView['state'],
    said: row.said,
    endedAt: row.ended_at,
    evidence: row.evidence === null ? null : (JSON.parse(row.evidence) as ReportView['evidence']),
    signatures,
  }
}
