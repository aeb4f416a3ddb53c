import { sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { openMainDatabase } from '../open-main-database.ts'
import { queryPostgres, temporaryPostgres } from './postgres-database-fixture.ts'

async function opened(path: string) {
  const database = await openMainDatabase({ path, thread: false, durability: 'rebuildable' })
  onTestFinished(() => database.close())
  return database
}

it('whoever listens is told of what others have committed, and again after the connection was lost', async () => {
  const { path } = await temporaryPostgres()
  const [here, there] = [await opened(path), await opened(path)]
  let told = 0
  here.onChange(() => told++)
  const heard = async (count: number) => {
    await expect.poll(() => told, { timeout: 20_000, interval: 5 }).toBe(count)
  }
  await heard(1)
  const apply = (value: string) =>
    there.db.transaction().execute(async (trx) => {
      await trx.insertInto('kill_switch').values({ scope: value, reason: 'test', actor: 'test', set_at: 1 }).execute()
      if (value === 'taken back') throw new Error(value)
    })
  await expect(apply('taken back')).rejects.toThrow('taken back')
  await there.db.insertInto('installation').values({ name: 'a', value: 'b', set_at: 1 }).execute()
  expect(told).toBe(1)
  await apply('all')
  await heard(2)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'listen%'`.execute(there.db)
  // Who was away may have missed something.
  await heard(3)
  await queryPostgres(path, `delete from kill_switch`)
  await heard(4)
})
