import { expect, it, onTestFinished } from 'vitest'
import type { AuditEvent } from './audit/audit-event.ts'
import { createAuditOutbox } from './audit-outbox.ts'
import { databaseNowMs } from './database-clock.ts'
import { openTestDatabase } from './main-database-fixture.ts'

const told = (action: string, ts: number): AuditEvent => ({ ts, action, actor: 'a', result: 'ok', context: {} })
const actionsOf = (events: readonly AuditEvent[]) => events.map(({ action, ts }) => `${action} ${ts}`)

it('events wait in the order in which they were committed, and are found by action and time', async () => {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  const { db } = database
  const outbox = createAuditOutbox(db)
  await outbox.add(db, [told('kill', 1_700_000_000_000), told('pause', 1_700_000_000_001)])
  await outbox.add(db, [told('kill', 1_700_000_000_002)])
  expect(actionsOf(await outbox.waiting('kill', 1_700_000_000_000))).toEqual(['kill 1700000000000', 'kill 1700000000002'])
  expect(actionsOf(await outbox.waiting('kill', 1_700_000_000_001))).toEqual(['kill 1700000000002'])
  const [first] = await outbox.next(1)
  await outbox.removeUpTo(first?.id ?? 0)
  expect((await outbox.next(10)).map(({ event }) => event.action)).toEqual(['pause', 'kill'])
})

it('the database tells the time in ms', async () => {
  const database = await openTestDatabase()
  onTestFinished(() => database.close())
  const before = Date.now()
  const nowMs = await databaseNowMs(database.db)
  expect(Number.isSafeInteger(nowMs)).toBe(true)
  expect(nowMs).toBeGreaterThanOrEqual(before - 1)
  expect(nowMs).toBeLessThanOrEqual(Date.now() + 1)
})
