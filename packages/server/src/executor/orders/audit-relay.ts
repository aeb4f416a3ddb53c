import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { AuditOutbox } from '../../storage/audit-outbox.ts'
import type { AuditWriter } from '../../storage/audit/audit-event.ts'
import type { AuditReader } from '../../storage/audit/audit-reader.ts'
import { lastRelayed } from '../../storage/audit/last-relayed.ts'
import { StorageError } from '../../storage/storage-error.ts'

const BATCH_EVENTS = 500
const RETRY_MS = 1000

export interface AuditRelay {
  /** Something may have been committed: carries it over soon. */
  poke(): void
  /** Carries over what is there, then stops. What cannot be carried now is carried at the next start. */
  stop(): Promise<void>
}

/**
 * Carries events of the outbox into the audit chain, each exactly once: every row names its place in the outbox, so after
 * a crash between append and removal, or an append whose outcome is unknown, the newest row of the chain tells what is there already.
 */
export async function startAuditRelay(deps: {
  outbox: AuditOutbox
  writer: Pick<AuditWriter, 'appendAll'>
  reader: Pick<AuditReader, 'positions' | 'since'>
  clock: Clock
  log: Log
}): Promise<AuditRelay> {
  const { outbox, writer, reader, clock, log } = deps
  /** Null after a failure: only the chain knows what of it was committed. */
  let relayedId: number | null = await lastRelayed(reader)
  let running: Promise<void> | null = null
  let again = false
  let stopped = false
  let cancelRetry = () => {}

  async function carry(): Promise<void> {
    for (;;) {
      const batch = await outbox.next(BATCH_EVENTS)
      const lastId = batch.at(-1)?.id
      if (lastId === undefined) return
      const doneId = relayedId ?? (await lastRelayed(reader))
      const missing = batch.filter(({ id }) => id > doneId)
      relayedId = null
      await writer.appendAll(missing.map(({ id, event }) => ({ ...event, context: { ...event.context, outbox: id } })))
      relayedId = Math.max(doneId, lastId)
      await outbox.removeUpTo(lastId)
      // What came meanwhile has poked.
      if (batch.length < BATCH_EVENTS) return
    }
  }

  async function run(): Promise<void> {
    do {
      again = false
      try {
        await carry()
      } catch (error) {
        if (!(error instanceof StorageError)) throw error
        log.error({ err: error }, 'order events wait to be carried into the audit; trying again')
        if (!stopped) cancelRetry = clock.after(RETRY_MS, poke)
        return
      }
    } while (again)
  }

  function poke(): void {
    again = true
    if (stopped || running !== null) return
    running = run().finally(() => (running = null))
  }

  poke()
  return {
    poke,
    async stop() {
      await running
      poke()
      stopped = true
      cancelRetry()
      await running
    },
  }
}
