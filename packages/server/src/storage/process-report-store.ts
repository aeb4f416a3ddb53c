import { factText } from '@spark/core/rollout/reason'
import type { Kysely } from 'kysely'
import { isKind } from '../process-name.ts'
import { prepared, standIns } from './prepared.ts'
import type { MainTables } from './tables.ts'

export interface ProcessReport {
  /** `api-1`, `executor`, `a.api-1` … */
  process: string
  pid: number
  buildSha: string
  version: string
  schemaHash: string
  modelHash: string
  /** Name of the stream that an executor scores in preview; null: of an api, or not told. */
  canary: string | null
  reportedAt: number
}

/** A process that has not reported for so long is not there. */
export const REPORT_FRESH_MS = 15_000

export interface ProcessReportStore {
  report(report: ProcessReport): Promise<void>
  /** It has ended, and holds nobody up any more. Of another process of that name nothing is removed. */
  remove(process: string, pid: number): Promise<void>
  /** Those that were heard of before `beforeMs` last are waited for no more. */
  forget(beforeMs: number): Promise<void>
  /** Those that reported at `sinceMs` or later, by name. */
  since(sinceMs: number, trx?: Kysely<MainTables>): Promise<ProcessReport[]>
}

const put = prepared<MainTables, MainTables['process_report']>((from, parameter, shape) => {
  const { process, ...report } = standIns(parameter, shape)
  return from
    .insertInto('process_report')
    .values({ process, ...report })
    .onConflict((conflict) => conflict.column('process').doUpdateSet(report))
})
const reported = prepared<MainTables, { since: number }, MainTables['process_report']>((from, parameter) =>
  from.selectFrom('process_report').selectAll().where('reported_at', '>=', parameter('since')).orderBy('process'),
)

export function createProcessReportStore(db: Kysely<MainTables>): ProcessReportStore {
  return {
    async report({ process, pid, buildSha, version, schemaHash, modelHash, canary, reportedAt }) {
      await put(db, {
        process,
        pid,
        build_sha: buildSha,
        version,
        schema_hash: schemaHash,
        model_hash: modelHash,
        canary,
        reported_at: reportedAt,
      })
    },
    async remove(process, pid) {
      await db.deleteFrom('process_report').where('process', '=', process).where('pid', '=', pid).execute()
    },
    async forget(beforeMs) {
      await db.deleteFrom('process_report').where('reported_at', '<', beforeMs).execute()
    },
    async since(sinceMs, trx = db) {
      return (await reported(trx, { since: sinceMs })).rows.map((row) => ({
        process: row.process,
        pid: row.pid,
        buildSha: row.build_sha,
        version: row.version,
        schemaHash: row.schema_hash,
        modelHash: row.model_hash,
        canary: row.canary,
        reportedAt: row.reported_at,
      }))
    },
  }
}

/** The executors that score another stream in preview than this one, in words; null: none does. */
export function canaryProblem(reports: readonly ProcessReport[], canary: string): string | null {
  const others = reports.filter(({ process, canary: own }) => isKind(process, 'executor') && own !== null && own !== canary)
  if (others.length === 0) return null
  const scored = others.map(({ process, canary: own }) => `${process} scores ${own} in preview`).join(', ')
  return `${scored}, and this start would expose ${canary} first: give it the CANARY_SYMBOL and CANARY_TIMEFRAME of the executor, or restart spark up with these`
}

/** In what these differ, in words; null when all agree. */
export function parityProblem(reports: readonly ProcessReport[]): string | null {
  for (const [key, code] of [
    ['buildSha', 'runs_build'],
    ['schemaHash', 'runs_schema'],
    ['modelHash', 'runs_model'],
  ] as const) {
    const values = Map.groupBy(reports, (report) => report[key])
    if (values.size > 1)
      return [...values]
        .map(([value, own]) =>
          factText(code, { processes: own.map(({ process }) => process).join(', '), hash: value.slice(0, 12) }),
        )
        .join('; ')
  }
  const has = (kind: 'api' | 'executor') => reports.some(({ process }) => isKind(process, kind))
  if (!has('api')) return factText('no_api')
  return has('executor') ? null : factText('no_executor')
}
