import { expect, it } from 'vitest'
import { openTestDatabase } from '../storage/main-database-fixture.ts'
import { neededFrom } from './audit-retention.ts'

it('the audit is needed from the period of a report that waits, and from nowhere when nothing goes on', async () => {
  const database = await openTestDatabase()
  const { db } = database
  expect(await neededFrom(db)).toBe(Infinity)
  const report = { kind: 'day', asked_by: 'x', asked_at: 9, said: null, ended_at: null, document: null, evidence: null }
  await db
    .insertInto('report')
    .values({ ...report, id: 'a', from_ts: 10, to_ts: 20, state: 'done' })
    .execute()
  await db
    .insertInto('report')
    .values({ ...report, id: 'b', from_ts: 30, to_ts: 40, state: 'waiting' })
    .execute()
  expect(await neededFrom(db)).toBe(30)
  await database.close()
})
