import { hasEnded } from '@spark/core/rollout/state'
import { championOf, installModels } from '@spark/server/champion'
import { systemClock } from '@spark/server/clock'
import { effectiveSettings, ceilingOf } from '@spark/server/live-settings'
import { rolloutPlanOf } from '@spark/server/rollout-plan'
import { startRollout } from '@spark/server/rollout/start-rollout'
import { createLiveSettingStore } from '@spark/server/storage/live-setting-store'
import { createModelStore } from '@spark/server/storage/model-store'
import type { StoredRollout } from '@spark/server/storage/rollout-store'
import { CheckFailed } from '../output.ts'
import type { DeployRun } from './deploy-run.ts'
import { rolloutParts } from './deploy-settings.ts'

/** The rollout that has not ended; null when there is none. */
export async function underWay({ stores }: DeployRun): Promise<StoredRollout | null> {
  const newest = await stores.rollouts.newest()
  return newest === null || hasEnded(newest.state) ? null : newest
}

/** Begins a rollout in preview unless one is under way. Resolves with what holds now; rejects with CheckFailed. */
export async function startPreview(run: DeployRun): Promise<string> {
  const running = await underWay(run)
  if (running !== null) return `${running.id} is under way (${running.state.phase.replace('_', ' ')})`
  const { config, stores, who } = run
  const models = createModelStore(stores.db)
  const { derived } = await installModels(models, config.weights, systemClock.nowMs())
  const model = await championOf(models, derived)
  if (model === null) throw new CheckFailed('there is no model to roll out: see spark doctor')
  const effective = effectiveSettings(config, await createLiveSettingStore(stores.db).list())
  if (effective.scoring.mode === 'off')
    throw new CheckFailed('FEATURE_ML_SCORING is 0; export preview, or a share, and deploy again')
  const answer = await startRollout(
    rolloutParts(run),
    {
      plan: rolloutPlanOf(config.file),
      canary: config.canary,
      pollIntervalMs: effective.pollIntervalMs,
      model,
      ceiling: ceilingOf(effective.scoring),
      reason: 'deploy --canary',
    },
    who,
  )
  if ('problems' in answer) throw new CheckFailed(`the rollout cannot start: ${answer.problems.join('; ')}`)
  const hours = Math.round(answer.durationMs / 360_000) / 10
  return `${answer.started.id} began in preview, ${model.version}, ${hours} h when all goes well`
}
