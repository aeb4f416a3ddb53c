import { afterEach, beforeEach, expect, it } from 'vitest'
import { CompiledQuery, sql } from 'kysely'
import { IS_OPEN } from './order-store.ts'
import { onPostgres, openTestDatabase } from './main-database-fixture.ts'
import type { MainDatabase } from './open-main-database.ts'
import { createTradingStores } from './trading-stores.ts'

let database: MainDatabase
beforeEach(async () => {
  database = await openTestDatabase()
})
afterEach(() => database.close())

it('open orders are found by their index, however many have ended', async () => {
  const { db } = database
  const queries = [
    db.selectFrom('trade_order').selectAll().where(IS_OPEN),
    db.selectFrom('trade_order').select('reserved_micros').where('strategy_id', 'in', ['a', 'b']).where(IS_OPEN),
  ]
  for (const query of queries) {
    const { sql: text, parameters } = query.compile()
    const explain = CompiledQuery.raw(`explain ${onPostgres() ? '' : 'query plan '}${text}`, [...parameters])
    const plan = await db.transaction().execute(async (trx) => {
      // Of a table without rows PostgreSQL would read nothing but the table.
      if (onPostgres()) await sql`set local enable_seqscan = off`.execute(trx)
      return (await trx.executeQuery(explain)).rows
    })
    expect(JSON.stringify(plan)).toContain('trade_order_open')
  }
})

it('capital of all strategies together is exact', async () => {
  const { strategies } = createTradingStores(database.db)
  expect(await strategies.totalCapital()).toBe('0')
  await strategies.install(
    ['0.1', '0.2', '0.2', '12345678901234.000000000001'].map((capital, at) => ({
      id: `s${at}`,
      name: `s${at}`,
      symbol: 'BTCUSDT',
      tf: '1h',
      capital,
      mode: 'paper',
      status: at === 1 ? 'paused' : 'running',
      baseline: 'ema_cross',
      exposed: false,
    })),
    0,
  )
  expect(await strategies.totalCapital()).toBe('12345678901234.500000000001')
  expect(await strategies.notRunning()).toEqual(['s1'])
})
