import { GENESIS_HASH } from '@spark/core/audit/chain'
import { CompiledQuery, Kysely, sql, type Transaction } from 'kysely'
import { AuditMonths } from '../storage/audit/audit-months.ts'
import { withPartitions } from '../storage/candle-partitions.ts'
import { MIGRATION_TABLE } from '../storage/migrate.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createPostgresDialect } from '../storage/postgres/postgres-dialect.ts'
import { openPool } from '../storage/postgres/postgres-pool.ts'
import { databaseName } from '../storage/postgres-url.ts'
import type { InstallationSource } from './installation-source.ts'
import { type InstallationPart, keyOf, type Row, type Value } from './installation-part.ts'
import { MigrateError } from './migrate-error.ts'

export interface TargetOptions {
  /** `postgres://…` */
  url: string
  /** `rebuildable`: a server of tests. */
  durability: 'full' | 'rebuildable'
}

export interface Progress {
  rows: number
  /** Primary key of the last row that is there; null: none is. */
  after: Value[] | null
}

/** Stands among the migrations that were run until all is copied: a process that starts meanwhile does not know it, and refuses. */
const UNFINISHED = '9999-copy-not-finished-run-spark-migrate-again'
const LOCK_TIMEOUT_MS = 5_000

/** The database that an installation is copied into. What was committed is found again by the next call. */
export class CopyTarget {
  readonly db: Kysely<unknown>
  readonly name: string
  /** ms; null: the copy begins now. */
  readonly begunAt: number | null
  readonly #months: AuditMonths
  /** Most pages are full and have the text of the one before. */
  #insert = { of: '', text: '' }

  private constructor(db: Kysely<unknown>, name: string, begunAt: number | null) {
    this.db = db
    this.name = name
    this.begunAt = begunAt
    this.#months = new AuditMonths(db)
  }

  /** Rejects with MigrateError unless the database is empty or has the copy of this very installation that was interrupted. */
  static async open(options: TargetOptions, source: InstallationSource, nowMs: number): Promise<CopyTarget> {
    const { url, durability } = options
    const name = databaseName(url)
    const pool = openPool({ url, durability, lockTimeoutMs: LOCK_TIMEOUT_MS, writing: 'beside' })
    const db = new Kysely<unknown>({ dialect: createPostgresDialect({ name, writing: 'beside', pool, writers: pool }) })
    try {
      const begunAt = await begin(db, name, source, nowMs)
      if (!(await isUnfinished(db))) await (await openMainDatabase({ path: url, thread: false, durability })).close()
      const target = new CopyTarget(db, name, begunAt)
      await target.keepOthersOut()
      return target
    } catch (error) {
      await db.destroy()
      throw error
    }
  }

  /** Until `letIn` no process starts on this database. */
  async keepOthersOut(): Promise<void> {
    const table = sql.table(MIGRATION_TABLE)
    await sql`insert into ${table} (name, timestamp) values (${UNFINISHED}, '') on conflict do nothing`.execute(this.db)
  }

  async letIn(): Promise<void> {
    await sql`delete from ${sql.table(MIGRATION_TABLE)} where name = ${UNFINISHED}`.execute(this.db)
  }

  /** How far a part has come; the first time it is emptied of what the migrations put into it. */
  async progressOf(part: InstallationPart): Promise<Progress> {
    const { rows } = await sql<{ rows: number; last_key: string | null }>`select rows, last_key from migration_progress
      where part = ${part.name}`.execute(this.db)
    const [found] = rows
    if (found !== undefined)
      return { rows: found.rows, after: found.last_key === null ? null : (JSON.parse(found.last_key) as Value[]) }
    await this.db.transaction().execute(async (trx) => {
      if (part.writer === null) await sql`delete from ${sql.table(part.table)}`.execute(trx)
      else await insertChain(trx, part.writer)
      await sql`insert into migration_progress (part, rows) values (${part.name}, 0)`.execute(trx)
    })
    return { rows: 0, after: null }
  }

  /** Rows and how far the part has come with them: both or neither. */
  async add(part: InstallationPart, page: readonly Row[], before: Progress): Promise<Progress> {
    const last = page.at(-1)
    if (last === undefined) return before
    const progress = { rows: before.rows + page.length, after: keyOf(part, last) }
    if (part.writer !== null)
      for (const { body, first_ts: firstTs, last_ts: lastTs } of page)
        await this.#months.make({ body: String(body), firstTs: Number(firstTs), lastTs: Number(lastTs) })
    const values = page.flatMap((row) => part.columns.map(({ name }) => row[name] ?? null))
    const send = () =>
      this.db.transaction().execute(async (trx) => {
        await trx.executeQuery(CompiledQuery.raw(this.#insertText(part, page.length), values))
        if (part.writer !== null) await moveHead(trx, part.writer, last)
        await sql`update migration_progress set rows = ${progress.rows}, last_key = ${JSON.stringify(progress.after)}
        where part = ${part.name}`.execute(trx)
      })
    const candles = part.table === 'candle' ? page.map(({ tf, ts }) => ({ tf: String(tf), ts: Number(ts) })) : []
    await withPartitions(this.db, candles, send)
    return progress
  }

  /** Numbers go on behind the last one given, also where its row was removed since. Resolves with how many tables have some. */
  async setNumbers(lastNumbers: Readonly<Record<string, number>>): Promise<number> {
    const { rows } = await sql<{ table: string; column: string }>`select table_name as table, column_name as column
      from information_schema.columns where table_schema = 'public' and is_identity = 'YES'`.execute(this.db)
    for (const { table, column } of rows) {
      const last = lastNumbers[table] ?? 0
      if (last > 0) await sql`select setval(pg_get_serial_sequence(${table}, ${column}), ${last})`.execute(this.db)
    }
    return rows.length
  }

  /** Nothing of the copy stays but what was copied. */
  async finish(): Promise<void> {
    await sql`drop table migration_progress, migration_source`.execute(this.db)
  }

  async close(): Promise<void> {
    await this.db.destroy()
  }

  #insertText({ name, table, columns }: InstallationPart, rows: number): string {
    const of = `${name} ${rows}`
    if (this.#insert.of === of) return this.#insert.text
    let place = 0
    const row = () => `(${columns.map(() => `$${++place}`).join()})`
    const names = columns.map((column) => `"${column.name}"`).join()
    const text = `insert into "${table}" (${names}) values ${Array.from({ length: rows }, row).join()}`
    this.#insert = { of, text }
    return text
  }
}

/** Resolves with when the copy that goes on was begun, or null. */
async function begin(db: Kysely<unknown>, name: string, source: InstallationSource, nowMs: number): Promise<number | null> {
  const { rows: tables } = await sql<{ name: string }>`select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by relname`.execute(db)
  if (!tables.some((table) => table.name === 'migration_source')) {
    const [first] = tables
    if (first !== undefined)
      throw new MigrateError(`${name} is not empty: it has the table ${first.name}. Give an empty database; nothing was changed`)
    await createProgress(db, source, nowMs)
    return null
  }
  const { rows } = await sql<{ fingerprint: string; place: string; begun_at: number }>`select fingerprint, place, begun_at
    from migration_source`.execute(db)
  const [begun] = rows
  if (begun?.fingerprint === source.fingerprint) return begun.begun_at
  throw new MigrateError(
    `${name} has a copy of ${begun?.place ?? 'nothing'} that was interrupted. This installation is another one, or has gone on since: give an empty database`,
  )
}

async function createProgress(db: Kysely<unknown>, { fingerprint, place }: InstallationSource, nowMs: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`create table migration_progress (part text primary key, rows bigint not null, last_key text)`.execute(trx)
    await sql`create table migration_source (fingerprint text not null, place text not null, begun_at bigint not null)`.execute(
      trx,
    )
    await sql`insert into migration_source values (${fingerprint}, ${place}, ${nowMs})`.execute(trx)
  })
}

async function isUnfinished(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ found: string | null }>`select to_regclass(${MIGRATION_TABLE})::text as found`.execute(db)
  if ((rows[0]?.found ?? null) === null) return false
  const marks = await sql`select 1 from ${sql.table(MIGRATION_TABLE)} where name = ${UNFINISHED}`.execute(db)
  return marks.rows.length > 0
}

/** Held by nobody: the first process that comes takes it. */
async function insertChain(trx: Transaction<unknown>, writer: string): Promise<void> {
  await sql`insert into audit_chain (writer, fence, holder, held_until, seq, hash)
    values (${writer}, 1, 'spark migrate', 0, 0, ${GENESIS_HASH})`.execute(trx)
}

async function moveHead(trx: Transaction<unknown>, writer: string, last: Row): Promise<void> {
  const hash = String(last['hashes']).split('\n').at(-1) ?? ''
  await sql`update audit_chain set seq = ${last['last_seq']}, hash = ${hash} where writer = ${writer}`.execute(trx)
}
