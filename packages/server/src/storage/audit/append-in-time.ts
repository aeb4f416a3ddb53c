import type { Clock } from '../../clock.ts'
import { StorageError } from '../storage-error.ts'
import type { AuditWriter } from './audit-event.ts'

/** Ms of the world. Whoever asks for a score gives up after 5 s: by then they know. */
const DEADLINE_MS = 3_000

/**
 * For who waits for a server: rejects with StorageError when it has not answered in time, the rows that went before included. The rows
 * may come all the same, as those of an answer that was lost on its way.
 */
export function appendInTime(audit: Pick<AuditWriter, 'appendAll'>, clock: Clock): Pick<AuditWriter, 'appendAll'> {
  return {
    async appendAll(events) {
      let cancel = () => {}
      const late = new Promise<never>((_, reject) => {
        cancel = clock.after(DEADLINE_MS * clock.speed, () =>
          reject(new StorageError('unavailable', 'audit', `the audit has not answered for ${DEADLINE_MS} ms`)),
        )
      })
      try {
        return await Promise.race([audit.appendAll(events), late])
      } finally {
        cancel()
      }
    },
  }
}
