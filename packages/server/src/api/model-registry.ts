import { modelHash, type Model } from '@spark/core/signal/model'
import type { ModelStore } from '../storage/model-store.ts'
import { sha256 } from '../sha256.ts'

export interface ModelRegistry {
  /** Reads again when `version` is not among what was read: a rollout may bring a new model. */
  ensure(version: string): Promise<void>
  /** The model of a version or alias (default champion), or null when it is missing or its document does not match its hash. */
  usable(id?: string): Model | null
  /** The stored hash of a version, or null. */
  hashOf(version: string): string | null
  /** Version and stored hash of the champion. */
  champion(): { version: string; hash: string }
}

/** Loads every stored model. Versions are immutable, so what was checked stays checked. Aliases are read again with `ensure`. */
export async function loadModelRegistry(store: ModelStore): Promise<ModelRegistry> {
  const models = new Map<string, { model: Model | null; hash: string; intact: boolean }>()
  let aliases: Record<string, string> = {}
  async function load(): Promise<void> {
    for (const { version, document, hash } of await store.list())
      models.set(version, { model: document, hash, intact: document?.version === version && hashOf(document) === hash })
    aliases = await store.aliases()
  }
  await load()
  return {
    usable(id = 'champion') {
      const entry = models.get(Object.hasOwn(aliases, id) ? (aliases[id] ?? id) : id)
      return entry?.intact === true ? entry.model : null
    },
    champion() {
      const version = aliases['champion']
      return { version: version ?? 'none', hash: (version === undefined ? undefined : models.get(version)?.hash) ?? 'none' }
    },
    hashOf: (version) => models.get(version)?.hash ?? null,
    async ensure(version) {
      if (!models.has(version)) await load()
    },
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
