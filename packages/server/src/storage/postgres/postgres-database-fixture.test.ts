import { expect, it } from 'vitest'
import { queryPostgres, temporaryPostgres } from './postgres-database-fixture.ts'

it('a database that another test has used is as its migrations left it', async () => {
  const before = await temporaryPostgres()
  await queryPostgres(before.path, 'create table candle_of_a_test (like candle)')
  await queryPostgres(before.path, `insert into audit_outbox (event) values ('{}')`)
  before.free()
  const again = await temporaryPostgres()
  expect(again.path).toBe(before.path)
  expect(await queryPostgres(again.path, `select 1 from pg_tables where tablename = 'candle_of_a_test'`)).toEqual([])
  expect(await queryPostgres(again.path, `insert into audit_outbox (event) values ('{}') returning id::int`)).toEqual([{ id: 1 }])
})
