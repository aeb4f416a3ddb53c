import { deriveModel, modelHash, ML_FUSION_1_2, type Model, type Weights } from '@spark/core/signal/model'
import { sha256 } from './sha256.ts'
import { ModelConflictError, type ModelStore } from './storage/model-store.ts'

/**
 * Makes sure that the first model is stored and that `champion` names one. Weights from the environment make a derived
 * version; only a rollout can make it champion.
 */
export async function installModels(
  store: ModelStore,
  weights: Weights | null,
  nowMs: number,
): Promise<{ derived: string | null }> {
  await keep(store, ML_FUSION_1_2, nowMs)
  if ((await store.aliases())['champion'] === undefined) await store.setAlias('champion', ML_FUSION_1_2.version, nowMs)
  if (weights === null) return { derived: null }
  const derived = deriveModel(ML_FUSION_1_2, weights, sha256)
  if (!derived.ok) throw new Error(`ML_SIGNAL_WEIGHTS: ${derived.problem}`)
  await keep(store, derived.model, nowMs)
  return { derived: derived.model.version }
}

/** A stored version with another hash was changed by someone: it stays as it is, and the registry answers model_unavailable. */
async function keep(store: ModelStore, model: Model, nowMs: number): Promise<void> {
  try {
    await store.put(model, modelHash(model, sha256), nowMs)
  } catch (error) {
    if (!(error instanceof ModelConflictError)) throw error
  }
}

/** Version and hash of a stored model, or of the champion; null when it is not there. */
export async function championOf(
  store: Pick<ModelStore, 'get' | 'aliases'>,
  version: string | null,
): Promise<{ version: string; hash: string } | null> {
  const wanted = version ?? (await store.aliases())['champion']
  const model = wanted === undefined ? null : await store.get(wanted)
  return model === null ? null : { version: model.version, hash: model.hash }
}
