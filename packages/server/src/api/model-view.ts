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
  labels: Pick<LabelStore, 'evidence'>
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
  const views: ModelView[] = []
  for (const one of stored) {
    const { version, hash, createdAt } = one
    const judged = await labels.evidence(version)
    const evidence = await learner.evidence(version)
    views.push({
      version,
      hash,
      state: modelStateOf(one, nowMs),
      aliases: aliasesOf(version, aliases),
      underRollout: version === underRollout,
      storedAt: createdAt,
      ...numbersOf(one, nowMs),
      verdict: judged?.verdict ?? 'unproven',
      labels: judged?.evidence.labels ?? 0,
      evidence,
    })
  }
  return views
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

function numbersOf(stored: StoredModel, nowMs: number): Numbers {
  const { document } = stored
  if (document === null || modelStateOf(stored, nowMs) === 'damaged') {
    const none = { parent: null, featureVersion: null, trainedAt: null, expiresAt: null, labelWindow: null }
    return { ...none, weights: null, a: null, kappa: null }
  }
  const { parent, featureVersion, trainedAt, expiresAt, labelWindow, weights, a, kappa } = document
  return { parent, featureVersion, trainedAt, expiresAt, labelWindow, weights, a, kappa }
}
