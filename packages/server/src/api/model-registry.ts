import type { Model } from '@spark/core/signal/model'
import { intactDocument } from '../model-state.ts'
import type { ModelStore } from '../storage/model-store.ts'

export interface ModelRegistry {
  /** Reads the aliases, and every model again when one is new: rollouts and the weekly update bring them. Null: no rollout is under way. */
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
  const models = new Map<string, { model: Model | null; hash: string }>()
  let aliases: Record<string, string> = {}
  async function load(): Promise<void> {
    for (const stored of await store.list()) models.set(stored.version, { model: intactDocument(stored), hash: stored.hash })
    aliases = await store.aliases()
  }
  const champion = () => {
    const version = aliases['champion']
    return { version: version ?? 'none', hash: (version === undefined ? undefined : models.get(version)?.hash) ?? 'none' }
  }
  await load()
  return {
    usable(id = 'champion') {
      return models.get(Object.hasOwn(aliases, id) ? (aliases[id] ?? id) : id)?.model ?? null
    },
    champion,
    inUse(underRollout) {
      const hash = underRollout === null ? undefined : models.get(underRollout)?.hash
      return underRollout === null || hash === undefined ? champion() : { version: underRollout, hash }
    },
    hashOf: (version) => models.get(version)?.hash ?? null,
    async follow(version) {
      aliases = await store.aliases()
      const wanted = [version, ...Object.values(aliases)]
      if (wanted.some((one) => typeof one === 'string' && !models.has(one))) await load()
    },
  }
}
