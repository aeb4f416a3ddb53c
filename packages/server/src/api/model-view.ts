import type { ModelView } from '@spark/contract/models'
import { hasEnded } from '@spark/core/rollout/state'
import { previousChampion } from '../champion.ts'
import { modelStateOf } from '../model-state.ts'
import type { LabelStore } from '../storage/label-store.ts'
import type { LearnerStore } from '../storage/learner-store.ts'
import type { ModelStore, StoredModel } from '../storage/model-store.ts'
import type { RolloutStore } from '../storage/rollout-store.ts'

export interface ModelViewDeps {
  models: Pick<ModelStore, 'get' | 'list' | 'aliases'>
  labels: Pick<LabelStore, 'verdicts'>
  learner: Pick<LearnerStore, 'evidence'>
  rollouts: Pick<RolloutStore, 'newest'>
}

type Alias = ModelView['aliases'][number]

/** What each of these versions is; a document that was damaged has no numbers. */
export async function modelViews(
  { models, labels, learner, rollouts }: ModelViewDeps,
  stored: readonly StoredModel[],
  nowMs: number,
): Promise<ModelView[]> {
  const aliases = await models.aliases()
  const rollout = await rollouts.newest()
  const underRollout = rollout === null || hasEnded(rollout.state) ? null : rollout.frozen.modelVersion
  const judged = new Map((await labels.verdicts()).map(({ model, ...one }) => [model, one]))
  const evidence = await learner.evidence()
  return stored.map((one) => {
    const { version, hash, createdAt } = one
    const state = modelStateOf(one, nowMs)
    const { verdict, labels: count } = judged.get(version) ?? { verdict: 'unproven' as const, labels: 0 }
    return {
      version,
      hash,
      state,
      aliases: aliasesOf(version, aliases),
      underRollout: version === underRollout,
      storedAt: createdAt,
      ...numbersOf(state === 'damaged' ? null : one.document),
      verdict,
      labels: count,
      evidence: evidence.get(version) ?? null,
    }
  })
}

/** A challenger that went all the way is champion, and challenges nobody. */
function aliasesOf(version: string, aliases: Readonly<Record<string, string>>): Alias[] {
  if (aliases['champion'] === version) return ['champion']
  const named = (['challenger', 'shadow'] as const).filter((alias) => aliases[alias] === version)
  return previousChampion(aliases) === version ? [...named, 'previous'] : named
}

type Numbers = Pick<
  ModelView,
  'parent' | 'featureVersion' | 'trainedAt' | 'expiresAt' | 'labelWindow' | 'weights' | 'a' | 'kappa'
>

function numbersOf(document: StoredModel['document']): Numbers {
  if (document === null) {
    const none = { parent: null, featureVersion: null, trainedAt: null, expiresAt: null, labelWindow: null }
    return { ...none, weights: null, a: null, kappa: null }
  }
  const { parent, featureVersion, trainedAt, expiresAt, labelWindow, weights, a, kappa } = document
  return { parent, featureVersion, trainedAt, expiresAt, labelWindow, weights, a, kappa }
}
