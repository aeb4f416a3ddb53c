import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { expect, it } from 'vitest'
import { PAPER_MIGRATIONS } from '../storage/migrations/paper-migrations.ts'
import type { PaperTables } from '../storage/paper-tables.ts'
import { openDatabase } from '../storage/sqlite/open-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { openRowsQuery } from './paper-book.ts'

it('a price finds the open orders by their index, however many have ended', async () => {
  const path = join(temporaryFolder(), 'paper.db')
  const database = await openDatabase<PaperTables>({ path, thread: false, migrations: PAPER_MIGRATIONS })
  const { sql, parameters } = openRowsQuery(database.db, ['BTCUSDT', 'ETHUSDT']).compile()
  const { rows } = await database.db.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]),
  )
  await database.close()
  expect(rows[0]?.detail).toContain('paper_order_open')
})
