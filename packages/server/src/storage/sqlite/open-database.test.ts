import { execFile } from 'node:child_process'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isUniqueViolation, StorageError } from '../storage-error.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type Database, openDatabase, type OpenDatabaseOptions } from './open-database.ts'

interface Tables {
  item: { id: number; text: string | null }
}

const migrations = {
  '0001': {
    up: async (db: Database<unknown>['db']) => {
      await sql`create table item (id integer primary key, text text)`.execute(db)
    },
  },
}

async function open(options: Partial<OpenDatabaseOptions> = {}): Promise<Database<Tables>> {
  const path = options.path ?? join(temporaryFolder(), 'test.db')
  const database = await openDatabase<Tables>({ path, thread: true, migrations, busyTimeoutMs: 200, ...options })
  onTestFinished(() => database.close())
  return database
}

async function pragma({ db }: Database<Tables>, name: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db)
  return Object.values(rows[0] ?? {})[0]
}

const insert = ({ db }: Database<Tables>, id: number, text: string | null = null) =>
  db.insertInto('item').values({ id, text }).execute()
const idsOf = async ({ db }: Database<Tables>) =>
  (await db.selectFrom('item').select('id').orderBy('id').execute()).map(({ id }) => id)

describe.each([
  { name: 'in a worker thread', thread: true },
  { name: 'in the calling thread', thread: false },
])('a database $name', ({ thread }) => {
  it('runs with WAL, synchronous FULL, the busy timeout and foreign keys', async () => {
    const database = await open({ thread, busyTimeoutMs: 1_234 })
    expect(await pragma(database, 'journal_mode')).toBe('wal')
    expect(await pragma(database, 'synchronous')).toBe(2)
    expect(await pragma(database, 'busy_timeout')).toBe(1_234)
    expect(await pragma(database, 'foreign_keys')).toBe(1)
  })

  it('rolls a failed transaction back, and works on', async () => {
    const database = await open({ thread })
    await insert(database, 1)
    const failed = database.db.transaction().execute(async (trx) => {
      await trx.insertInto('item').values({ id: 2, text: null }).execute()
      await trx.insertInto('item').values({ id: 1, text: null }).execute()
    })
    await expect(failed).rejects.toSatisfy(isUniqueViolation)
    expect(await idsOf(database)).toEqual([1])
    await insert(database, 3)
    expect(await idsOf(database)).toEqual([1, 3])
  })

  it('lets transactions take turns', async () => {
    const database = await open({ thread })
    await insert(database, 1, '0')
    const increments = Array.from({ length: 20 }, () =>
      database.db.transaction().execute(async (trx) => {
        const { text } = await trx.selectFrom('item').select('text').where('id', '=', 1).executeTakeFirstOrThrow()
        await trx
          .updateTable('item')
          .set({ text: String(Number(text) + 1) })
          .where('id', '=', 1)
          .execute()
      }),
    )
    await Promise.all(increments)
    const row = await database.db.selectFrom('item').selectAll().executeTakeFirstOrThrow()
    expect(row.text).toBe('20')
  })

  it('refuses values that would silently become NULL', async () => {
    const database = await open({ thread })
    await expect(sql`insert into item values (1, ${new Date(0)})`.execute(database.db)).rejects.toThrow('Date')
    await expect(insert(database, Number.NaN)).rejects.toThrow('type number')
    expect(await idsOf(database)).toEqual([])
  })

  it('says which file is missing, read-only or corrupt', async () => {
    const folder = temporaryFolder()
    const garbage = join(folder, 'garbage.db')
    writeFileSync(garbage, 'this is no database'.repeat(100))
    await expect(open({ thread, path: garbage })).rejects.toMatchObject({ reason: 'corrupt', path: garbage })
    await expect(open({ thread, path: join(folder, 'no', 'x.db') })).rejects.toMatchObject({ reason: 'missing_file' })
    const path = join(folder, 'x.db')
    await open({ thread, path })
    const readOnly = await open({ thread, path, readOnly: true })
    await expect(insert(readOnly, 1)).rejects.toMatchObject({ reason: 'read_only' })
  })

  it('reports a full disk and goes on when there is room again', async () => {
    const database = await open({ thread })
    const pages = Number(await pragma(database, 'page_count'))
    await pragma(database, `max_page_count = ${pages + 1}`)
    const error = await insert(database, 1, 'x'.repeat(50_000)).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ reason: 'disk_full' })
    await pragma(database, 'max_page_count = 1000000')
    await insert(database, 1, 'x'.repeat(50_000))
    expect(await idsOf(database)).toEqual([1])
  })
})

it('a deleted or replaced file is noticed', async () => {
  const database = await open()
  await database.checkFile()
  renameSync(database.path, `${database.path}.away`)
  await expect(database.checkFile()).rejects.toMatchObject({ reason: 'missing_file' })
  writeFileSync(database.path, '')
  await expect(database.checkFile()).rejects.toMatchObject({ reason: 'missing_file' })
  renameSync(`${database.path}.away`, database.path)
  await database.checkFile()
})

it('a database that another process holds is reported as locked while the event loop turns', async () => {
  const database = await open({ busyTimeoutMs: 300 })
  const holder = new DatabaseSync(database.path)
  onTestFinished(() => holder.close())
  holder.exec('begin immediate')
  let turns = 0
  const ticking = setInterval(() => (turns += 1), 10)
  await expect(insert(database, 1)).rejects.toMatchObject({ reason: 'locked' })
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(5)
  holder.exec('rollback')
  await insert(database, 2)
  expect(await idsOf(database)).toEqual([2])
})

it('a closed database answers with an error', async () => {
  const database = await open()
  await database.close()
  await expect(insert(database, 1)).rejects.toMatchObject({ reason: 'unavailable' })
})

it('processes that start at the same time on a new file all get the schema', async () => {
  const path = join(temporaryFolder(), 'new', 'spark.db')
  const script = fileURLToPath(new URL('./open-main-once.fixture.ts', import.meta.url))
  const run = promisify(execFile)
  const results = await Promise.all(Array.from({ length: 3 }, () => run(process.execPath, [script, path])))
  expect(results.map(({ stdout }) => stdout)).toEqual(['opened\n', 'opened\n', 'opened\n'])
  expect(existsSync(path)).toBe(true)
})
