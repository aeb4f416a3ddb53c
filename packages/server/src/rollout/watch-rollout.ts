import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import type { MainTables } from '../storage/tables.ts'
import { createExposureLease } from './exposure-lease.ts'
import { NOBODY, readRolloutNow, rememberExposed, type RolloutNow, type RolloutNowParts } from './rollout-now.ts'

export interface RolloutWatch {
  /** As of the last look. When storage was away for longer than the lease, nobody is exposed. */
  now(): RolloutNow
  /** Looks at once. Rejects with StorageError. */
  look(): Promise<RolloutNow>
  /** Called after each look, of whoever asked for it. Returns what ends it. */
  onLook(listener: (now: RolloutNow) => void): () => void
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 500

/**
 * Looks at the rollout twice a second, and when it is told of a change; whoever brakes it is obeyed by scores and polls within that
 * time.
 */
export async function watchRollout(
  parts: RolloutNowParts & {
    db: Kysely<MainTables>
    clock: Clock
    log: Log
    onLook?: (now: RolloutNow) => Promise<void>
    onChange?: MainDatabase['onChange']
  },
): Promise<RolloutWatch> {
  const { db, clock, log } = parts
  const readExposed = rememberExposed(parts.stores.rollouts)
  const lease = createExposureLease(clock)
  let current = await readRolloutNow(parts, db, clock.nowMs(), readExposed)
  lease.holds(current.fence.leaseUntil)
  const listeners = new Set<(now: RolloutNow) => void>()
  let looking: Promise<void> | null = null
  /** While somebody looked, who may have read before it. */
  let changed = false
  let begun = 0
  let newest = 0
  async function look(): Promise<RolloutNow> {
    const place = ++begun
    const seen = await readRolloutNow(parts, db, clock.nowMs(), readExposed)
    await parts.onLook?.(seen)
    // One that began later has seen what a command has changed since.
    if (place < newest) return current
    newest = place
    current = seen
    lease.holds(seen.fence.leaseUntil)
    for (const listener of listeners) listener(current)
    return current
  }
  const lookSoon = () => {
    looking ??= look()
      .then(() => {})
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
        log.warn({ err: error }, 'the rollout could not be read; what was exposed ends with its lease')
      })
      .finally(() => {
        looking = null
        if (changed) onChange()
      })
  }
  const onChange = () => {
    changed = looking !== null
    lookSoon()
  }
  const stopListening = parts.onChange?.(onChange)
  const cancel = clock.every(LOOK_EVERY_MS, lookSoon)
  return {
    now() {
      if (current.mode !== 'live' || lease.holds(current.fence.leaseUntil)) return current
      return { ...current, mode: 'preview', exposed: NOBODY }
    },
    look,
    onLook(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async stop() {
      cancel()
      stopListening?.()
      changed = false
      await looking
    },
  }
}
