import { rm } from 'node:fs/promises'
import { sql } from 'kysely'
import { openDatabase } from '../storage/sqlite/open-database.ts'
import type { MainTables } from '../storage/tables.ts'
import { BackupError, copyDatabase, type Copied } from './copy-database.ts'

const TRIES_MAX = 5
const MISSING_MAX = 500

/**
 * Copies our book and then the paper venue's, so that every order in the second stands in the first: fills that the first lacks are
 * asked for after a restore, but an order that nobody gave would halt the venue. Orders come at the close of candles, so a second try
 * finds none between. Rejects with StorageError or BackupError.
 */
export async function copyBook(main: Copied, paper: Copied): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await rm(main.copy, { force: true })
    await rm(paper.copy, { force: true })
    await copyDatabase(main)
    await copyDatabase(paper)
    if (!(await cameBetween(main, paper))) return
  }
  throw new BackupError('orders come faster than the book is copied; try again when it is calmer')
}

/** Whether the venue's copy has an order that our copy lacks although our book has it by now. */
export async function cameBetween(main: Copied, paper: Copied): Promise<boolean> {
  const copy = await openDatabase<MainTables>({ path: main.copy, thread: true, readOnly: true })
  let missing: string[]
  try {
    await sql`attach database ${paper.copy} as paper`.execute(copy.db)
    const { rows } = await sql<{ client_order_id: string }>`
      select client_order_id from paper.paper_order as theirs
      where not exists (select 1 from trade_order as ours where ours.client_order_id = theirs.client_order_id)
      order by theirs.created_at desc limit ${MISSING_MAX}`.execute(copy.db)
    missing = rows.map((row) => row.client_order_id)
  } finally {
    await copy.close()
  }
  if (missing.length === 0) return false
  const live = await openDatabase<MainTables>({ path: main.path, thread: true, readOnly: true })
  try {
    const known = await live.db
      .selectFrom('trade_order')
      .select('client_order_id')
      .where('client_order_id', 'in', missing)
      .limit(1)
      .execute()
    return known.length > 0
  } finally {
    await live.close()
  }
}
