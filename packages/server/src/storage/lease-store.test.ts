import { afterEach, beforeEach, expect, it } from 'vitest'
import { databaseNowMs } from './database-clock.ts'
import { createLeaseStore } from './lease-store.ts'
import { openTestDatabase } from './main-database-fixture.ts'
import type { MainDatabase } from './open-main-database.ts'

const leases = createLeaseStore()
let database: MainDatabase

beforeEach(async () => void (database = await openTestDatabase()))
afterEach(() => database.close())

it('a lease is taken with a number that grows, and is its holder’s until it is over by the clock of the database', async () => {
  const { db } = database
  const nowMs = await databaseNowMs(db)
  expect(await leases.take(db, ['leader', 'BTCUSDT-1h'], 'a', nowMs + 60_000)).toEqual(
    new Map([
      ['leader', 1],
      ['BTCUSDT-1h', 1],
    ]),
  )
  expect(await leases.current(db, 'a', ['leader', 'ETHUSDT-1h'])).toEqual(new Map([['leader', 1]]))
  expect(await leases.current(db, 'b', ['leader'])).toEqual(new Map())
  await leases.extend(db, ['leader'], nowMs - 1)
  expect(await leases.current(db, 'a', ['leader', 'BTCUSDT-1h'])).toEqual(new Map([['BTCUSDT-1h', 1]]))
  expect(await leases.take(db, ['leader'], 'b', nowMs + 60_000)).toEqual(new Map([['leader', 2]]))
  expect(await leases.current(db, 'a', ['leader'])).toEqual(new Map())
  expect(await leases.current(db, 'b', ['leader'])).toEqual(new Map([['leader', 2]]))
})

it('all leases are read with the time by which they end', async () => {
  const { db } = database
  const nowMs = await databaseNowMs(db)
  await leases.take(db, ['leader'], 'a', nowMs + 60_000)
  const read = await leases.read(db)
  expect(read.leases).toEqual([{ name: 'leader', holder: 'a', number: 1, until: nowMs + 60_000 }])
  expect(read.nowMs).toBeGreaterThanOrEqual(nowMs)
})

it('no lease is asked for, taken or ended where none is named', async () => {
  const { db } = database
  expect(await leases.take(db, [], 'a', 1)).toEqual(new Map())
  await leases.extend(db, [], 1)
  expect(await leases.current(db, 'a', [])).toEqual(new Map())
  expect((await leases.read(db)).leases).toEqual([])
})
