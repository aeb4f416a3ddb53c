import { folderClock } from '@spark/server/folder-clock'
import { explicitSettings, settingTexts, type SettingValues } from '@spark/server/live-settings'
import { applySettings, type ApplyDeps } from '@spark/server/rollout/apply-settings'
import { applyDepsOf } from '@spark/server/rollout/rollout-parts'
import { systemRandomness } from '@spark/server/random'
import { parseSettings } from '@spark/server/settings'
import { CheckFailed } from '../output.ts'
import type { DeployRun } from './deploy-run.ts'

export function applyDeps({ stores, config }: DeployRun): ApplyDeps {
  // The environment of this command is not that of the running processes: what was never applied is told as its default.
  const unapplied = settingTexts(parseSettings({}))
  return applyDepsOf({ stores, config, clock: folderClock(config), random: systemRandomness }, unapplied)
}

/**
 * Applies what the environment of this deploy says of the settings that need no restart, with what it does to the rollout under
 * way; what it leaves out stays as it is. Resolves with what changed, in words; rejects with CheckFailed when it is refused.
 */
export function applyEnvironment(run: DeployRun): Promise<string> {
  const given = explicitSettings(run.config)
  return Object.keys(given).length === 0 ? Promise.resolve('none given, all stay as they are') : apply(run, given)
}

export async function apply(run: DeployRun, values: SettingValues): Promise<string> {
  const answer = await applySettings(applyDeps(run), values, { ...run.who, reason: `deploy --${run.kind}` })
  if ('problems' in answer) throw new CheckFailed(answer.problems.join('; '))
  const changes = answer.changes.map(({ name, before, after }) => `${name} ${before} -> ${after}`)
  return [...(changes.length === 0 ? ['as they were'] : changes), ...answer.notes].join('; ')
}
