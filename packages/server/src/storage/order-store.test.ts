import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CompiledQuery } from 'kysely'
import { IS_OPEN } from './order-store.ts'
import { openMainDatabase, type MainDatabase } from './open-main-database.ts'
import { createTradingStores } from './trading-stores.ts'
import { temporaryFolder } from './temporary-folder.ts'

let database: MainDatabase
beforeEach(async () => {
  database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
})
afterEach(() => database.close())

it('open orders are found by their index, however many have ended', async () => {
  const { db } = database
  const queries = [
    db.selectFrom('trade_order').selectAll().where(IS_OPEN),
    db.selectFrom('trade_order').select('reserved_micros').where('strategy_id', 'in', ['a', 'b']).where(IS_OPEN),
  ]
  for (const query of queries) {
    const { sql, parameters } = query.compile()
    const explain = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
    const { rows } = await db.executeQuery<{ detail: string }>(explain)
    expect(rows[0]?.detail).toContain('trade_order_open')
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
