import { systemClock } from '@spark/server/clock'
import { ceilingOf } from '@spark/server/live-settings'
import { commandIn, type RolloutParts } from '@spark/server/rollout/decide-rollout'
import { rolloutPartsOf } from '@spark/server/rollout/rollout-parts'
import { systemRandomness } from '@spark/server/random'
import { createLiveSettingStore, LIVE_SETTINGS, type LiveSettingName } from '@spark/server/storage/live-setting-store'
import type { DeployRun } from './deploy-run.ts'

export function rolloutParts({ stores, config }: DeployRun): RolloutParts {
  return rolloutPartsOf({ stores, config, clock: systemClock, random: systemRandomness })
}

/** What the environment of this deploy says of the settings that need no restart; what it leaves out stays as it is. */
export function givenSettings({ config }: Pick<DeployRun, 'config'>): Partial<Record<LiveSettingName, string>> {
  return Object.fromEntries(
    LIVE_SETTINGS.flatMap((name) => {
      const given = config.report.find((setting) => setting.name === name && setting.source === 'environment')
      return given === undefined ? [] : [[name, given.value]]
    }),
  )
}

/** Records them, and the ceiling of the rollout under way, in one transaction. Resolves with what changed, in words. */
export async function recordSettings(run: DeployRun, given: Partial<Record<LiveSettingName, string>>): Promise<string> {
  const { stores, config, who } = run
  const settings = createLiveSettingStore(stores.db)
  const parts = rolloutParts(run)
  return stores.db.transaction().execute(async (trx) => {
    const before = new Map((await settings.list(trx)).map(({ name, value }) => [name, value]))
    const changes = Object.entries(given).flatMap(([name, value]) => {
      const old = before.get(name as LiveSettingName) ?? null
      return old === value ? [] : [{ name: name as LiveSettingName, before: old, after: value }]
    })
    const changedAt = systemClock.nowMs()
    for (const { name, after } of changes) await settings.put(trx, { name, value: after, actor: who.actor, changedAt })
    if (changes.length > 0)
      await stores.outbox.add(trx, [
        { ts: changedAt, action: 'settings.apply', ...who, result: 'ok', context: { by: `deploy --${run.kind}`, changes } },
      ])
    const share = ceilingOf(config.scoring)
    const state = (await stores.rollouts.newest(trx))?.state
    if (given.FEATURE_ML_SCORING !== undefined && state !== undefined && state.ceiling !== share)
      await commandIn(parts, trx, { kind: 'ceiling', share, by: who.actor, reason: `deploy --${run.kind}` }, who)
    if (changes.length === 0) return 'as they were'
    return changes.map(({ name, before: old, after }) => `${name} ${old ?? 'not set'} -> ${after}`).join(', ')
  })
}
