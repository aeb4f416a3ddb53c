import { modelHash, type Model } from '@spark/core/signal/model'
import type { ModelStore } from '../storage/model-store.ts'
import { sha256 } from '../sha256.ts'

export interface ModelRegistry {
  /** The model of a version or alias (default champion), or null when it is missing or its document does not match its hash. */
  usable(id?: string): Model | null
  /** Version and stored hash of the champion. */
  champion(): { version: string; hash: string }
}

/** Loads every stored model once. Versions are immutable, so what was checked stays checked. */
export async function loadModelRegistry(store: ModelStore): Promise<ModelRegistry> {
  const rows = await store.list()
  const aliases = await store.aliases()
  const models = new Map<string, { model: Model | null; hash: string; intact: boolean }>()
  for (const { version, document, hash } of rows)
    models.set(version, { model: document, hash, intact: document?.version === version && hashOf(document) === hash })
  const championVersion = aliases['champion']
  const champion = championVersion === undefined ? undefined : models.get(championVersion)
  return {
    usable(id = 'champion') {
      const entry = models.get(Object.hasOwn(aliases, id) ? (aliases[id] ?? id) : id)
      return entry?.intact === true ? entry.model : null
    },
    champion: () => ({ version: championVersion ?? 'none', hash: champion?.hash ?? 'none' }),
  }
}

/** Null for a document that has no canonical form, as one with 1e999 in it: it was damaged in storage. */
function hashOf(document: Model): string | null {
  try {
    return modelHash(document, sha256)
  } catch {
    return null
  }
}
