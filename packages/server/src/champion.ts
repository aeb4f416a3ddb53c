import { canonicalJson } from '@spark/core/audit/canonical-json'
import { deriveModel, modelHash, ML_FUSION_1_2, type Model, type Weights } from '@spark/core/signal/model'
import { ordinalOf } from './rollout/rollout-id.ts'
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
  const champion = (await store.aliases())['champion']
  if (champion === undefined) await store.setAlias('champion', ML_FUSION_1_2.version, nowMs)
  const model = await modelWithWeights(store, weights, nowMs)
  return { derived: model === null || model.version === (champion ?? ML_FUSION_1_2.version) ? null : model.version }
}

/** Stores a model as challenger. Rejects with ModelConflictError when its version is another document already. */
export async function challengeWith(store: ModelStore, model: Model, nowMs: number): Promise<void> {
  await store.put(model, modelHash(model, sha256), nowMs)
  await store.setAlias('challenger', model.version, nowMs)
}

/**
 * The champion when it has these weights, or when there are none; else the version derived from it, which is stored. Null when the
 * champion is not there, or damaged.
 */
export async function modelWithWeights(
  store: Pick<ModelStore, 'get' | 'aliases' | 'put'>,
  weights: Weights | null,
  nowMs: number,
): Promise<{ version: string; hash: string } | null> {
  const champion = await championOf(store, null)
  const document = champion === null ? null : ((await store.get(champion.version))?.document ?? null)
  if (champion === null || weights === null) return champion
  if (document === null || modelHash(document, sha256) !== champion.hash) return null
  const derived = deriveModel(document, weights, sha256)
  if (!derived.ok) throw new Error(`ML_SIGNAL_WEIGHTS: ${derived.problem}`)
  if (canonicalJson(derived.model.weights) === canonicalJson(document.weights)) return champion
  await keep(store, derived.model, nowMs)
  return { version: derived.model.version, hash: modelHash(derived.model, sha256) }
}

/** A stored version with another hash was changed by someone: it stays as it is, and the registry answers model_unavailable. */
async function keep(store: Pick<ModelStore, 'put'>, model: Model, nowMs: number): Promise<void> {
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

const BEFORE = 'before-'

/** The alias of what was champion when a rollout was done. */
export function aliasBefore(rolloutId: string): string {
  return `${BEFORE}${rolloutId}`
}

/** What was champion before the newest rollout that was done; null before the first. */
export function previousChampion(aliases: Readonly<Record<string, string>>): string | null {
  const newest = Object.keys(aliases)
    .filter((alias) => alias.startsWith(BEFORE))
    .toSorted((a, b) => ordinalOf(a.slice(BEFORE.length)) - ordinalOf(b.slice(BEFORE.length)))
    .at(-1)
  return newest === undefined ? null : (aliases[newest] ?? null)
}

/** Hashes by version, or of the champion; `none` when it is not there. A version names one document for ever: it is asked for once. */
export function createModelHashes(store: Pick<ModelStore, 'get' | 'aliases'>): (version: string | null) => Promise<string> {
  const hashes = new Map<string, string>()
  return async (version) => {
    const known = version === null ? undefined : hashes.get(version)
    if (known !== undefined) return known
    const found = await championOf(store, version)
    if (version !== null && found !== null) hashes.set(version, found.hash)
    return found?.hash ?? 'none'
  }
}
