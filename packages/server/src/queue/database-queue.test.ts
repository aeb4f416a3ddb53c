import { expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { systemRandomness } from '../random.ts'
import { openTestDatabase } from '../storage/main-database-fixture.ts'
import { createDatabaseQueue } from './database-queue.ts'
import { testQueue } from './queue-contract.ts'

async function open() {
  const database = await openTestDatabase()
  const clock = new ManualClock(1_700_000_000_000)
  const { db } = database
  return { db, close: () => database.close(), clock, queue: createDatabaseQueue({ db, clock, random: systemRandomness }) }
}

testQueue('the database', open)

it('a payload that is not JSON is one poisoned job, and one that is too long is refused', async () => {
  const { db, queue, close } = await open()
  await queue.enqueue(db, { queue: 'order', key: 'a', payload: {} })
  await db.updateTable('queue_job').set({ payload: '{' }).execute()
  expect((await queue.lease('order', { limit: 1, leaseMs: 1000 }))[0]?.payload).toBeNull()
  await expect(queue.enqueue(db, { queue: 'order', key: 'b', payload: { text: 'x'.repeat(70_000) } })).rejects.toThrow(RangeError)
  await close()
})
