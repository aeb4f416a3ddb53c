import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { StoredRollout } from '../storage/rollout-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { MainTables } from '../storage/tables.ts'
import { readRolloutNow, type RolloutNow, type RolloutNowParts, type SeenExposure } from './rollout-now.ts'

export interface RolloutWatch {
  /** As of the last look. When storage was away for longer than the lease, nobody is exposed. */
  now(): RolloutNow
  /** Looks at once; `decided`, the rollout as it was just committed, need not be read again. Rejects with StorageError. */
  look(decided?: StoredRollout): Promise<RolloutNow>
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 500

/** Looks at the rollout twice a second; whoever brakes it is obeyed by scores and polls within that time. */
export async function watchRollout(
  parts: RolloutNowParts & {
    db: Kysely<MainTables>
    clock: Clock
    log: Log
    onLook?: (now: RolloutNow) => Promise<void>
  },
): Promise<RolloutWatch> {
  const { db, clock, log } = parts
  const exposure: SeenExposure = { key: '', ids: [] }
  let current = await readRolloutNow(parts, db, clock.nowMs(), exposure)
  let looking: Promise<void> | null = null
  async function look(decided?: StoredRollout): Promise<RolloutNow> {
    const seen = await readRolloutNow(parts, db, clock.nowMs(), exposure, decided)
    await parts.onLook?.(seen)
    current = seen
    return current
  }
  const cancel = clock.every(LOOK_EVERY_MS, () => {
    looking ??= look()
      .then(() => {})
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
        log.warn({ err: error }, 'the rollout could not be read; what was exposed ends with its lease')
      })
      .finally(() => (looking = null))
  })
  return {
    now() {
      if (current.mode !== 'live' || current.fence.leaseUntil >= clock.nowMs()) return current
      return { ...current, mode: 'preview', exposed: new Set() }
    },
    look,
    async stop() {
      cancel()
      await looking
    },
  }
}
