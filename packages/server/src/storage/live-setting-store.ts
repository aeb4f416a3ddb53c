import { sql, type Kysely } from 'kysely'
import { prepared, standIns } from './prepared.ts'
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
  /** The same, and the scopes of the kill switches that are set, in one read: processes ask twice a second. */
  withSwitches(trx?: Kysely<MainTables>): Promise<{ settings: LiveSetting[]; killed: string[] }>
  put(trx: Kysely<MainTables>, setting: LiveSetting): Promise<void>
}

const all = prepared<MainTables, Record<string, never>, MainTables['live_setting']>((from) =>
  from.selectFrom('live_setting').selectAll().where('name', 'in', LIVE_SETTINGS).orderBy('name'),
)

/** What was set under a name, in place of what was before; the name may be of those who keep theirs in the same table. */
export const putSetting = prepared<MainTables, MainTables['live_setting']>((from, parameter, shape) => {
  const row = standIns(parameter, shape)
  return from
    .insertInto('live_setting')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
})

type SetRow = MainTables['live_setting'] & { kind: 'setting' | 'switch' }

const allWithSwitches = prepared<MainTables, Record<string, never>, SetRow>((from) =>
  from
    .selectFrom('live_setting')
    .select([sql<SetRow['kind']>`'setting'`.as('kind'), 'name', 'value', 'actor', 'changed_at'])
    .where('name', 'in', LIVE_SETTINGS)
    .unionAll(
      from
        .selectFrom('kill_switch')
        .select([sql<SetRow['kind']>`'switch'`.as('kind'), 'scope as name', 'reason as value', 'actor', 'set_at as changed_at']),
    )
    .orderBy('kind')
    .orderBy('name'),
)

export function createLiveSettingStore(db: Kysely<MainTables>): LiveSettingStore {
  return {
    async list(trx = db) {
      return (await all(trx, {})).rows.map(fromRow)
    },
    async withSwitches(trx = db) {
      const { rows } = await allWithSwitches(trx, {})
      return {
        settings: rows.filter(({ kind }) => kind === 'setting').map(fromRow),
        killed: rows.filter(({ kind }) => kind === 'switch').map(({ name }) => name),
      }
    },
    async put(trx, { name, value, actor, changedAt }) {
      await putSetting(trx, { name, value, actor, changed_at: changedAt })
    },
  }
}

function fromRow({ name, value, actor, changed_at: changedAt }: MainTables['live_setting']): LiveSetting {
  return { name: name as LiveSettingName, value, actor, changedAt }
}
