import { modelProblem, type Model } from '@spark/core/signal/model'
import { previousChampion } from '../../champion.ts'
import { intactDocument } from '../../model-state.ts'
import type { ModelStore } from '../../storage/model-store.ts'
import type { RolloutStore } from '../../storage/rollout-store.ts'

interface FollowedDeps {
  models: Pick<ModelStore, 'aliases'>
  rollouts: Pick<RolloutStore, 'newest'>
}

/** Champion, challenger, shadow, the champion before and the model of the rollout, by version. */
export async function followedVersions({ models, rollouts }: FollowedDeps): Promise<ReadonlySet<string>> {
  const aliases = await models.aliases()
  const { champion, challenger, shadow } = aliases
  const rollout = await rollouts.newest()
  const wanted = [champion, challenger, shadow, previousChampion(aliases), rollout?.frozen.modelVersion]
  return new Set(wanted.filter((one) => typeof one === 'string'))
}

/** Their documents; one that is not the one that was stored is left out. */
export async function followedModels(deps: FollowedDeps & { models: Pick<ModelStore, 'list'> }): Promise<Model[]> {
  const wanted = await followedVersions(deps)
  return (await deps.models.list()).flatMap((stored) => {
    const document = wanted.has(stored.version) ? intactDocument(stored) : null
    return document === null || modelProblem(document) !== null ? [] : [document]
  })
}
