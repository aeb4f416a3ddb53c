import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { ChainHead } from '@spark/core/audit/chain'
import { type Kysely, sql } from 'kysely'
import { sha256 } from '../sha256.ts'
import { readHead } from '../storage/audit/audit-appender.ts'
import { auditFile, auditWriters, openAuditFileForReading } from '../storage/audit/audit-files.ts'
import { MIGRATION_TABLE } from '../storage/migrate.ts'
import { AUDIT_MIGRATIONS } from '../storage/migrations/audit-migrations.ts'
import { MAIN_MIGRATIONS } from '../storage/migrations/main-migrations.ts'
import { PAPER_MIGRATIONS } from '../storage/migrations/paper-migrations.ts'
import { openDatabase } from '../storage/sqlite/open-database.ts'
import { countRows, type Column, type InstallationPart } from './installation-part.ts'
import { MigrateError } from './migrate-error.ts'

/** An installation in files, opened for reading alone. */
export interface InstallationSource {
  /** Parents before the tables that refer to them, then the chains. */
  parts: readonly InstallationPart[]
  /** Rows by name of the part. */
  rows: ReadonlyMap<string, number>
  heads: Readonly<Record<string, ChainHead>>
  /** The last number given, by table. */
  lastNumbers: Readonly<Record<string, number>>
  /** Of what it is and how far it has come: another one, or the same one after it went on, has another. */
  fingerprint: string
  /** For messages: host and folder. */
  place: string
  close(): Promise<void>
}

/** Rejects with MigrateError when its schema is not that of this build, with StorageError when it cannot be read. */
export async function openInstallationSource(options: {
  dataDir: string
  databasePath: string
  /** PEM of the checkpoints' key; null: nothing was ever signed. */
  publicKey: string | null
}): Promise<InstallationSource> {
  const { dataDir, databasePath, publicKey } = options
  if (!existsSync(databasePath)) throw new MigrateError(`${databasePath} is not there: nothing to migrate`)
  const opened: { close(): Promise<void> }[] = []
  const close = async () => {
    for (const database of opened) await database.close()
  }
  try {
    const main = await openDatabase<unknown>({ path: databasePath, thread: false, readOnly: true })
    opened.push(main)
    await assertSchema(main.db, databasePath, Object.keys(MAIN_MIGRATIONS))
    const parts = await tableParts(main.db)
    const lastNumbers = await lastNumbersOf(main.db)
    const book = join(dataDir, 'paper-venue.db')
    if (existsSync(book)) {
      const paper = await openDatabase<unknown>({ path: book, thread: false, readOnly: true })
      opened.push(paper)
      await assertSchema(paper.db, book, Object.keys(PAPER_MIGRATIONS))
      parts.push(...(await paperParts(paper.db)))
      Object.assign(lastNumbers, await lastNumbersOf(paper.db), await lastOrderOf(paper.db))
    }
    const heads: Record<string, ChainHead> = {}
    for (const writer of await auditWriters(dataDir)) {
      const chain = await openAuditFileForReading(dataDir, writer)
      opened.push(chain)
      const db = chain.db as unknown as Kysely<unknown>
      const path = auditFile(dataDir, writer)
      await assertSchema(db, path, Object.keys(AUDIT_MIGRATIONS))
      await assertOwn(db, path, writer)
      parts.push(await chainPart(db, writer))
      heads[writer] = await readHead(chain.db, writer)
    }
    const rows = new Map<string, number>()
    for (const part of parts) rows.set(part.name, await countRows(part.source, part))
    const fingerprint = sha256(JSON.stringify([publicKey, [...rows], Object.entries(heads), lastNumbers]))
    return { parts, rows, heads, lastNumbers, fingerprint, place: `${hostname()}:${resolve(dataDir)}`, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function assertSchema(db: Kysely<unknown>, path: string, known: readonly string[]): Promise<void> {
  const there = await sql<{ name: string }>`select name from sqlite_master where name = ${MIGRATION_TABLE}`.execute(db)
  const table = sql.table(MIGRATION_TABLE)
  const done = there.rows.length === 0 ? [] : (await sql<{ name: string }>`select name from ${table}`.execute(db)).rows
  const names = new Set(done.map(({ name }) => name))
  if ([...names].some((name) => !known.includes(name)))
    throw new MigrateError(`${path} was written by a newer Spark: migrate it with that one`)
  if (names.size < known.length)
    throw new MigrateError(`${path} was written by an older Spark: start this one on it once, stop it, and migrate then`)
}

/** What stands under another name in the file of a chain would be left behind without a word. */
async function assertOwn(db: Kysely<unknown>, path: string, writer: string): Promise<void> {
  const { rows } = await sql`select 1 from audit_segment where writer <> ${writer} limit 1`.execute(db)
  if (rows.length > 0) throw new MigrateError(`${path} has segments of another writer: see spark audit verify first`)
}

interface TableColumn {
  name: string
  type: string
  pk: number
}

async function columnsOf(db: Kysely<unknown>, table: string): Promise<{ columns: Column[]; key: string[] }> {
  const { rows } = await sql<TableColumn>`select name, type, pk from pragma_table_info(${table}) order by cid`.execute(db)
  return {
    columns: rows.map(({ name, type }) => ({ name, isText: type.toLowerCase() === 'text' })),
    key: rows
      .filter(({ pk }) => pk > 0)
      .sort((a, b) => a.pk - b.pk)
      .map(({ name }) => name),
  }
}

/** Every table that the file has: none can be forgotten here. */
async function tableParts(db: Kysely<unknown>): Promise<InstallationPart[]> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'
    and name not like 'sqlite\_%' escape '\\' and name not like 'kysely\_%' escape '\\' order by name`.execute(db)
  const parts: InstallationPart[] = []
  for (const name of await parentsFirst(
    db,
    rows.map((row) => row.name),
  ))
    parts.push({ name, table: name, writer: null, source: db, ...(await columnsOf(db, name)) })
  return parts
}

/** Orders in the order in which they were taken, which is no column of the file. */
async function paperParts(db: Kysely<unknown>): Promise<InstallationPart[]> {
  const rowid: Column = { name: 'rowid', isText: false }
  return (await tableParts(db)).map((part) =>
    part.table === 'paper_order' ? { ...part, columns: [rowid, ...part.columns], key: ['rowid'] } : part,
  )
}

async function lastOrderOf(db: Kysely<unknown>): Promise<Record<string, number>> {
  const { rows } = await sql<{ last: number | null }>`select max(rowid) as last from paper_order`.execute(db)
  return { paper_order: rows[0]?.last ?? 0 }
}

async function chainPart(db: Kysely<unknown>, writer: string): Promise<InstallationPart> {
  const { columns } = await columnsOf(db, 'audit_segment')
  return { name: `audit segments of ${writer}`, table: 'audit_segment', writer, columns, key: ['first_seq'], source: db }
}

async function parentsFirst(db: Kysely<unknown>, tables: readonly string[]): Promise<string[]> {
  const ordered = new Set<string>()
  const add = async (table: string): Promise<void> => {
    if (ordered.has(table)) return
    const { rows } = await sql<{ table: string }>`select "table" from pragma_foreign_key_list(${table})`.execute(db)
    for (const parent of rows) if (parent.table !== table) await add(parent.table)
    ordered.add(table)
  }
  for (const table of tables) await add(table)
  return [...ordered]
}

/** Higher than any id that is there, where rows were removed since. */
async function lastNumbersOf(db: Kysely<unknown>): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; seq: number }>`select name, seq from sqlite_sequence order by name`.execute(db)
  return Object.fromEntries(rows.map(({ name, seq }) => [name, seq]))
}
