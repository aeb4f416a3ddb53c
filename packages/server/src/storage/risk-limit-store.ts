import type { Kysely } from 'kysely'
import { RISK_LIMIT_NAMES, type RiskLimitName } from '@spark/contract/trading'
import { putSetting } from './live-setting-store.ts'
import { prepared } from './prepared.ts'
import type { MainTables } from './tables.ts'

export interface ChangedLimit {
  name: RiskLimitName
  /** As it was given. */
  value: string
  actor: string
  changedAt: number
}

/** Limits that were changed while Spark runs, in the table of live settings; one that never was is not there, and spark.yaml counts. */
export interface RiskLimitStore {
  list(trx?: Kysely<MainTables>): Promise<ChangedLimit[]>
  put(trx: Kysely<MainTables>, limit: ChangedLimit): Promise<void>
  /** Back to what spark.yaml says. */
  remove(trx: Kysely<MainTables>, name: RiskLimitName): Promise<void>
}

const PREFIX = 'risk.'
const KEYS = RISK_LIMIT_NAMES.map((name) => `${PREFIX}${name}`)

const all = prepared<MainTables, Record<string, never>, MainTables['live_setting']>((from) =>
  from.selectFrom('live_setting').selectAll().where('name', 'in', KEYS).orderBy('name'),
)

export function createRiskLimitStore(db: Kysely<MainTables>): RiskLimitStore {
  return {
    async list(trx = db) {
      return (await all(trx, {})).rows.map(({ name, value, actor, changed_at: changedAt }) => ({
        name: name.slice(PREFIX.length) as RiskLimitName,
        value,
        actor,
        changedAt,
      }))
    },
    async put(trx, { name, value, actor, changedAt }) {
      await putSetting(trx, { name: `${PREFIX}${name}`, value, actor, changed_at: changedAt })
    },
    async remove(trx, name) {
      await trx.deleteFrom('live_setting').where('name', '=', `${PREFIX}${name}`).execute()
    },
  }
}
