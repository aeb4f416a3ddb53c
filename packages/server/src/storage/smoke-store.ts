import type { SmokeResult } from '@spark/contract/public'
import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** Results of `spark preflight`. */
export interface SmokeStore {
  put(run: SmokeResult): Promise<void>
  /** The newest run, or null. */
  last(): Promise<SmokeResult | null>
}

export function createSmokeStore(db: Kysely<MainTables>): SmokeStore {
  return {
    async put({ ts, ok, version, buildSha, checks }) {
      const row = { ok: ok ? 1 : 0, checks: JSON.stringify(checks), version, build_sha: buildSha }
      await db
        .insertInto('smoke_run')
        .values({ ts, ...row })
        .onConflict((conflict) => conflict.column('ts').doUpdateSet(row))
        .execute()
    },
    async last() {
      const row = await db.selectFrom('smoke_run').selectAll().orderBy('ts', 'desc').limit(1).executeTakeFirst()
      if (row === undefined) return null
      const { ts, ok, version, build_sha: buildSha, checks } = row
      return { ts, ok: ok === 1, version, buildSha, checks: JSON.parse(checks) as SmokeResult['checks'] }
    },
  }
}
