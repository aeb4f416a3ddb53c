import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../clock.ts'
import { createLog } from '../../log.ts'
import { createAuditOutbox } from '../../storage/audit-outbox.ts'
import type { AuditEvent, AuditWriter } from '../../storage/audit/audit-event.ts'
import { openAuditReader } from '../../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../../storage/audit/audit-writer.ts'
import { openTestDatabase } from '../../storage/main-database-fixture.ts'
import { StorageError } from '../../storage/storage-error.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { startAuditRelay } from './audit-relay.ts'

const told = (ts: number): AuditEvent => ({ ts, action: 'order.sent', actor: 'executor', result: 'ok', context: {} })

it('an append that was committed and whose answer was lost is not repeated', async () => {
  const clock = new ManualClock(1000)
  const dataDir = temporaryFolder()
  const database = await openTestDatabase()
  const writer = await openAuditWriter({ dataDir, writer: 'orders', clock })
  const reader = openAuditReader({ dataDir, thread: false })
  onTestFinished(async () => {
    await Promise.all([reader.close(), writer.close(), database.close()])
  })
  const outbox = createAuditOutbox(database.db)
  await outbox.add(database.db, [told(1), told(2), told(3)])
  let lost = 0
  /** Of the first append only two events reach the disk, and nobody hears of them. */
  const losing: Pick<AuditWriter, 'appendAll'> = {
    async appendAll(events) {
      if (lost++ > 0) return writer.appendAll(events)
      await writer.appendAll(events.slice(0, 2))
      throw new StorageError('unavailable', 'orders', 'the connection was lost')
    },
  }
  const relay = await startAuditRelay({ outbox, writer: losing, reader, clock, log: createLog('test', 'silent') })
  await expect.poll(() => lost).toBe(1)
  await expect
    .poll(async () => {
      await clock.advance(1000)
      return (await outbox.next(10)).length
    })
    .toBe(0)
  await relay.stop()
  const rows = await reader.since({}, 10)
  expect(rows.map(({ ts }) => ts)).toEqual([1, 2, 3])
})
