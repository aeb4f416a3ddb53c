import { hasEnded } from '@spark/core/rollout/state'
import { ceilingOf, effectiveSettings } from '@spark/server/live-settings'
import { startConfigured } from '@spark/server/rollout/start-configured'
import type { StoredRollout } from '@spark/server/storage/rollout-store'
import { CheckFailed } from '../output.ts'
import type { DeployRun } from './deploy-run.ts'
import { applyDeps } from './deploy-settings.ts'

/** The rollout that has not ended; null when there is none. */
export async function underWay({ stores }: DeployRun): Promise<StoredRollout | null> {
  const newest = await stores.rollouts.newest()
  return newest === null || hasEnded(newest.state) ? null : newest
}

/** Begins a rollout in preview unless one is under way. Resolves with what holds now; rejects with CheckFailed. */
export async function startPreview(run: DeployRun): Promise<string> {
  const running = await underWay(run)
  if (running !== null) return `${running.id} is under way (${running.state.phase.replace('_', ' ')})`
  const { config, who } = run
  const deps = { ...applyDeps(run), config }
  const { scoring } = effectiveSettings(config, await deps.settings.list())
  if (scoring.mode === 'off') throw new CheckFailed('FEATURE_ML_SCORING is 0; export preview, or a share, and deploy again')
  const answer = await startConfigured(deps, { ceiling: ceilingOf(scoring), model: null, reason: 'deploy --canary' }, who)
  if ('problems' in answer) throw new CheckFailed(`the rollout cannot start: ${answer.problems.join('; ')}`)
  const hours = Math.round(answer.durationMs / 360_000) / 10
  return `${answer.started.id} began in preview, ${answer.started.frozen.modelVersion}, ${hours} h when all goes well`
}
