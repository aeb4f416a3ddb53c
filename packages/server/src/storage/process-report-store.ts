import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

export interface ProcessReport {
  /** `api-1`, `executor` … */
  process: string
  pid: number
  buildSha: string
  version: string
  schemaHash: string
  modelHash: string
  reportedAt: number
}

export interface ProcessReportStore {
  report(report: ProcessReport): Promise<void>
  /** Those that reported at `sinceMs` or later, by name. */
  since(sinceMs: number, trx?: Kysely<MainTables>): Promise<ProcessReport[]>
}

export function createProcessReportStore(db: Kysely<MainTables>): ProcessReportStore {
  return {
    async report({ process, pid, buildSha, version, schemaHash, modelHash, reportedAt }) {
      const row = {
        pid,
        build_sha: buildSha,
        version,
        schema_hash: schemaHash,
        model_hash: modelHash,
        reported_at: reportedAt,
      }
      await db
        .insertInto('process_report')
        .values({ process, ...row })
        .onConflict((conflict) => conflict.column('process').doUpdateSet(row))
        .execute()
    },
    async since(sinceMs, trx = db) {
      const rows = await trx
        .selectFrom('process_report')
        .selectAll()
        .where('reported_at', '>=', sinceMs)
        .orderBy('process')
        .execute()
      return rows.map((row) => ({
        process: row.process,
        pid: row.pid,
        buildSha: row.build_sha,
        version: row.version,
        schemaHash: row.schema_hash,
        modelHash: row.model_hash,
        reportedAt: row.reported_at,
      }))
    },
  }
}

/** In what these differ, in words; null when all agree. */
export function parityProblem(reports: readonly ProcessReport[]): string | null {
  for (const [key, what] of [
    ['buildSha', 'build'],
    ['schemaHash', 'schema'],
    ['modelHash', 'model'],
  ] as const) {
    const values = Map.groupBy(reports, (report) => report[key])
    if (values.size > 1)
      return [...values]
        .map(([value, own]) => `${own.map(({ process }) => process).join(', ')} runs ${what} ${value.slice(0, 12)}`)
        .join('; ')
  }
  const has = (name: string) => reports.some(({ process }) => process.startsWith(name))
  if (!has('api')) return 'no api has reported what it runs'
  return has('executor') ? null : 'no executor has reported what it runs'
}
