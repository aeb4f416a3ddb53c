import type { Kysely } from 'kysely'
import { prepared } from './prepared.ts'
import type { MainTables } from './tables.ts'

/** Settings that take effect without a restart, by their environment names. */
export const LIVE_SETTINGS = ['FEATURE_ML_SCORING', 'ML_CONFID_FLOOR', 'ML_SIGNAL_WEIGHTS', 'POLL_INTERVAL_MS'] as const
export type LiveSettingName = (typeof LIVE_SETTINGS)[number]

export interface LiveSetting {
  name: LiveSettingName
  value: string
  actor: string
  changedAt: number
}

/** What was applied last; a setting that never was is not there, and the environment or the default counts. */
export interface LiveSettingStore {
  list(trx?: Kysely<MainTables>): Promise<LiveSetting[]>
  put(trx: Kysely<MainTables>, setting: LiveSetting): Promise<void>
}

const all = prepared<MainTables, Record<string, never>, MainTables['live_setting']>((from) =>
  from.selectFrom('live_setting').selectAll().orderBy('name'),
)

export function createLiveSettingStore(db: Kysely<MainTables>): LiveSettingStore {
  return {
    async list(trx = db) {
      return (await all(trx, {})).rows.map(({ name, value, actor, changed_at: changedAt }) => ({
        name: name as LiveSettingName,
        value,
        actor,
        changedAt,
      }))
    },
    async put(trx, { name, value, actor, changedAt }) {
      await trx
        .insertInto('live_setting')
        .values({ name, value, actor, changed_at: changedAt })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, actor, changed_at: changedAt }))
        .execute()
    },
  }
}
