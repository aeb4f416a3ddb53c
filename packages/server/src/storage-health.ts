import type { Clock } from './clock.ts'
import { StorageError } from './storage/storage-error.ts'

export interface StorageHealth {
  ok: boolean
  reason?: string
  detail?: string
}

/**
 * Longer than this (real ms) without an answer counts as not writable. Below the limits of those who ask (supervisor 900 ms,
 * executor probe 800 ms): slow storage must be told, not mistaken for a dead process.
 */
const SLOW_MS = 500
const FRESH_MS = 1000

/** Proves by a durable write, at most once a second, that storage can be written. */
export function createStorageHealth(probe: () => Promise<void>, clock: Clock): () => Promise<StorageHealth> {
  let last: { atMs: number; health: StorageHealth } | null = null
  let running: Promise<StorageHealth> | null = null

  async function check(): Promise<StorageHealth> {
    let health: StorageHealth = { ok: true }
    try {
      await probe()
    } catch (error) {
      const reason = error instanceof StorageError ? error.reason : 'unavailable'
      health = { ok: false, reason, detail: (error as Error).message }
    }
    last = { atMs: clock.monotonicMs(), health }
    running = null
    return health
  }

  return async () => {
    if (last !== null && clock.monotonicMs() - last.atMs < FRESH_MS) return last.health
    running ??= check()
    let cancel = () => {}
    const slow = new Promise<StorageHealth>((resolve) => {
      cancel = clock.after(SLOW_MS * clock.speed, () =>
        resolve({
          ok: false,
          reason: 'slow',
          detail: `storage has not answered for ${SLOW_MS} ms; look at the disk and at who holds the database`,
        }),
      )
    })
    const health = await Promise.race([running, slow])
    cancel()
    return health
  }
}
