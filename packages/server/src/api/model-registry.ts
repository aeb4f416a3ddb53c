import { modelHash, type Model } from '@spark/core/signal/model'
import type { ModelStore } from '../storage/model-store.ts'
import { sha256 } from '../sha256.ts'

export interface ModelRegistry {
  /** Reads which model is champion, and every model again when one is new: a rollout brings them. Null: no rollout is under way. */
  follow(version: string | null): Promise<void>
  /** The model of a version or alias (default champion), or null when it is missing or its document does not match its hash. */
  usable(id?: string): Model | null
  /** The stored hash of a version, or null. */
  hashOf(version: string): string | null
  /** Version and stored hash of what is scored with: the model under rollout, else the champion. */
  inUse(underRollout: string | null): { version: string; hash: string }
  /** Version and stored hash of the champion. */
  champion(): { version: string; hash: string }
}

/** Loads every stored model. Versions are immutable, so what was checked stays checked. */
export async function loadModelRegistry(store: ModelStore): Promise<ModelRegistry> {
  const models = new Map<string, { model: Model | null; hash: string; intact: boolean }>()
  let aliases: Record<string, string> = {}
  async function load(): Promise<void> {
    for (const { version, document, hash } of await store.list())
      models.set(version, { model: document, hash, intact: document?.version === version && hashOf(document) === hash })
    aliases = await store.aliases()
  }
  const champion = () => {
    const version = aliases['champion']
    return { version: version ?? 'none', hash: (version === undefined ? undefined : models.get(version)?.hash) ?? 'none' }
  }
  await load()
  return {
    usable(id = 'champion') {
      const entry = models.get(Object.hasOwn(aliases, id) ? (aliases[id] ?? id) : id)
      return entry?.intact === true ? entry.model : null
    },
    champion,
    inUse(underRollout) {
      const hash = underRollout === null ? undefined : models.get(underRollout)?.hash
      return underRollout === null || hash === undefined ? champion() : { version: underRollout, hash }
    },
    hashOf: (version) => models.get(version)?.hash ?? null,
    async follow(version) {
      aliases = await store.aliases()
      const wanted = [version, aliases['champion']]
      if (wanted.some((one) => typeof one === 'string' && !models.has(one))) await load()
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
