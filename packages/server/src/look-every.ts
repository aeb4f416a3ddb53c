import type { Clock } from './clock.ts'
import { StorageError } from './storage/storage-error.ts'

export interface Looks {
  /** Looks now, or waits for the look that is under way. Never rejects for storage. */
  look(): Promise<void>
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

/** Looks every `periodMs`, never beside itself. Storage that is away goes to `onAway`, and the next look tries again. */
export function lookEvery(
  clock: Pick<Clock, 'every'>,
  periodMs: number,
  lookOnce: () => Promise<void>,
  onAway: (error: StorageError) => void,
): Looks {
  let looking: Promise<void> | null = null
  function look(): Promise<void> {
    looking ??= lookOnce()
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
        onAway(error)
      })
      .finally(() => (looking = null))
    return looking
  }
  const cancel = clock.every(periodMs, () => void look())
  return {
    look,
    async stop() {
      cancel()
      await looking
    },
  }
}
