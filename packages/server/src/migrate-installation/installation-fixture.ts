import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { appendSegments, event } from '../storage/audit/audit-fixtures.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openCheckpointStore } from '../storage/audit/checkpoint-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { openPaperBook } from '../storage/open-paper-book.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'

export interface TestInstallation {
  dataDir: string
  databasePath: string
  publicKey: string
}

export interface InstallationSize {
  /** Of most tables. */
  rows: number
  candles: number
  /** Of a chain, each of `segmentBytes`. */
  segments: number
  segmentBytes: number
}

const SMALL: InstallationSize = { rows: 7, candles: 2_500, segments: 12, segmentBytes: 500 }
const MONTH_MS = 31 * 86_400_000
const FIRST_TS = Date.UTC(2026, 0, 20)

/** For tests: rows in every table that the migrations make, whatever it is called, those of the paper venue's book too, and three chains over four months. */
export async function testInstallation(size: Partial<InstallationSize> = {}): Promise<TestInstallation> {
  const { rows, candles, segments, segmentBytes } = { ...SMALL, ...size }
  const dataDir = temporaryFolder()
  const databasePath = join(dataDir, 'spark.db')
  const main = await openMainDatabase({ path: databasePath, thread: false })
  const reader = openAuditReader({ dataDir, thread: false })
  const keyFile = join(dataDir, 'signing.key')
  const checkpoints = await openCheckpointStore({ db: main.db, reader, keyFile, copyFile: null, auditDays: null })
  for (const writer of ['api-1', 'executor', 'orders']) {
    const padding = 'ş'.repeat(segmentBytes >> 1)
    const all = Array.from({ length: segments }, (_, at) => {
      const ts = FIRST_TS + Math.floor((at * 3 * MONTH_MS) / segments)
      return [event({ ts, context: { at, padding } }), event({ ts: ts + 1, traceId: null })]
    })
    await appendSegments({ dataDir }, writer, all)
    await checkpoints.write(FIRST_TS, { always: true })
  }
  await reader.close()
  await main.close()
  const database = new DatabaseSync(databasePath)
  database.exec('begin')
  for (const table of tablesOf(database)) fill(database, table, table === 'candle' ? candles : rows)
  // In several partitions.
  database.exec(`update candle set tf = case ts % 2 when 0 then '1m' else '1h' end, ts = ts + ${MONTH_MS} * (ts % 5)`)
  // The numbers that were given are higher than any that is there.
  database.exec(`delete from audit_outbox where id > 2; update rollout_epoch set epoch = 9; update storage_probe set counter = 5`)
  database.exec('commit')
  database.close()
  await fillBook(dataDir, rows)
  return { dataDir, databasePath, publicKey: checkpoints.publicKey }
}

/** Orders were not taken in the order of their ids. */
async function fillBook(dataDir: string, rows: number): Promise<void> {
  const path = join(dataDir, 'paper-venue.db')
  await (await openPaperBook({ path, thread: false })).close()
  const book = new DatabaseSync(path)
  for (const table of tablesOf(book)) fill(book, table, rows)
  book.exec(`update paper_order set rowid = 100 - rowid`)
  book.close()
}

/** Parents first: a column that refers to another table has the values of its key. */
export function tablesOf(database: DatabaseSync): string[] {
  const names = database
    .prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'kysely_%'`)
    .all()
    .map(({ name }) => String(name))
  const ordered = new Set<string>()
  const add = (name: string) => {
    for (const parent of parentsOf(database, name).values()) add(parent)
    ordered.add(name)
  }
  for (const name of names.toSorted()) add(name)
  return [...ordered]
}

function parentsOf(database: DatabaseSync, table: string): Map<string, string> {
  const references = database.prepare(`select "from", "table" from pragma_foreign_key_list('${table}')`).all()
  return new Map(references.map((row) => [String(row['from']), String(row['table'])]))
}

function fill(database: DatabaseSync, table: string, rows: number): void {
  const found = database.prepare(`select count(*) as rows from "${table}"`).get()
  if (Number(found?.['rows']) > 0) return
  const parents = parentsOf(database, table)
  const columns = database.prepare(`select name, type, "notnull", pk from pragma_table_info('${table}')`).all()
  const only = /check \(id = 1\)/.test(
    String(database.prepare(`select sql from sqlite_master where name = '${table}'`).get()?.['sql']),
  )
  const insert = database.prepare(`insert into "${table}" values (${columns.map(() => '?').join()})`)
  for (let at = 1; at <= (only ? 1 : rows); at++) {
    const values = columns.map(({ name, type, notnull, pk }) => {
      if (notnull === 0 && pk === 0 && at % 2 === 0) return null
      const parent = parents.get(String(name))
      if (type === 'TEXT' && parent === undefined) return `${table}.${String(name)} ${at} “ğ\n'"\\ 🙂`
      if (type === 'TEXT') return parentKey(database, parent ?? '', at)
      if (type === 'REAL') return at / 3 + 1e-9
      return name === 'id' || parent !== undefined ? at : FIRST_TS + at
    })
    insert.run(...values)
  }
}

function parentKey(database: DatabaseSync, table: string, at: number): string {
  const key = database.prepare(`select name from pragma_table_info('${table}') where pk = 1`).get()?.['name']
  const row = database.prepare(`select "${String(key)}" as value from "${table}" order by 1 limit 1 offset ${at - 1}`).get()
  return String(row?.['value'])
}
