import { modelProblem, type Model } from '@spark/core/signal/model'
import { previousChampion } from '../../champion.ts'
import { intactDocument } from '../../model-state.ts'
import type { ModelStore } from '../../storage/model-store.ts'
import type { RolloutStore } from '../../storage/rollout-store.ts'

/**
 * Champion, challenger, shadow, the champion before and the model of the rollout; one whose document is not the one that was stored
 * is left out.
 */
export async function followedModels({
  models,
  rollouts,
}: {
  models: Pick<ModelStore, 'list' | 'aliases'>
  rollouts: Pick<RolloutStore, 'newest'>
}): Promise<Model[]> {
  const aliases = await models.aliases()
  const { champion, challenger, shadow } = aliases
  const wanted = new Set([champion, challenger, shadow, previousChampion(aliases)])
  const rollout = await rollouts.newest()
  if (rollout !== null) wanted.add(rollout.frozen.modelVersion)
  return (await models.list()).flatMap((stored) => {
    const document = wanted.has(stored.version) ? intactDocument(stored) : null
    return document === null || modelProblem(document) !== null ? [] : [document]
  })
}
