import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PAPER_MIGRATIONS } from '../storage/migrations/paper-migrations.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import type { PaperTables } from '../storage/paper-tables.ts'
import { openDatabase, type Database } from '../storage/sqlite/open-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { cameBetween, copyBook } from './copy-book.ts'
import { copyDatabase } from './copy-database.ts'

let main: MainDatabase
let venue: Database<PaperTables>
let files: { main: { path: string; copy: string }; paper: { path: string; copy: string } }
beforeEach(async () => {
  const folder = temporaryFolder()
  const named = (name: string) => ({ path: join(folder, `${name}.db`), copy: join(folder, `${name}-copy.db`) })
  files = { main: named('main'), paper: named('paper') }
  main = await openMainDatabase({ path: files.main.path, thread: false })
  venue = await openDatabase({ path: files.paper.path, thread: false, migrations: PAPER_MIGRATIONS })
  const strategy = { id: 's', name: 's', symbol: 'BTCUSDT', tf: '1h', capital: '1', mode: 'paper', status: 'running' } as const
  await createTradingStores(main.db).strategies.install([{ ...strategy, baseline: 'ema_cross', exposed: false }], 1)
})
afterEach(async () => {
  await main.close()
  await venue.close()
})

const ofBoth = { symbol: 'BTCUSDT', side: 'buy', quantity: '1', filled_quantity: '0' }
const inBook = (id: string) =>
  main.db
    .insertInto('trade_order')
    .values({
      ...ofBoth,
      intent_id: id,
      client_order_id: id,
      strategy_id: 's',
      purpose: 'enter',
      arm: 'baseline',
      venue: 'paper',
      reference_price: '1',
      state: 'sending',
      reason: null,
      epoch: 1,
      candle_ts: 1,
      valid_until: 1,
      venue_order_id: null,
      reserved_micros: 0,
      not_found_count: 0,
      not_found_at: null,
      created_at: 1,
      sending_at: 1,
      changed_at: 1,
      trace_id: '',
      tf: '1h',
      owner_number: 0,
    })
    .execute()
const atVenue = (id: string) =>
  venue.db
    .insertInto('paper_order')
    .values({
      ...ofBoth,
      client_order_id: id,
      venue_order_id: id,
      price: null,
      state: 'open',
      locked: '0',
      created_at: 1,
      updated_at: 1,
    })
    .execute()

it('an order that came between the copies is found, one that is on its way or a stranger is none', async () => {
  await inBook('before')
  await atVenue('before')
  await atVenue('stranger')
  await copyDatabase(files.main)
  await inBook('on its way')
  await copyDatabase(files.paper)
  expect(await cameBetween(files.main, files.paper)).toBe(false)
})

it('is found when the venue has it and our copy does not', async () => {
  await copyDatabase(files.main)
  await inBook('between')
  await atVenue('between')
  await copyDatabase(files.paper)
  expect(await cameBetween(files.main, files.paper)).toBe(true)
  await copyBook(files.main, files.paper)
  expect(await cameBetween(files.main, files.paper)).toBe(false)
})
