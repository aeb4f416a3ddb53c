import { sql } from 'kysely'
import { Client, DatabaseError } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AUDIT_SCHEMA, MAIN_SCHEMA, PAPER_SCHEMA } from '../migrations/postgres-schemas.ts'
import { type MainDatabase, openMainDatabase } from '../open-main-database.ts'
import { isUniqueViolation } from '../storage-error.ts'
import { emptyPostgres, queryPostgres, temporaryPostgres } from './postgres-database-fixture.ts'
import { postgresStorageError } from './postgres-error.ts'

const SCHEMAS = [MAIN_SCHEMA, AUDIT_SCHEMA, PAPER_SCHEMA]

async function open(path: string, busyTimeoutMs = 5_000): Promise<MainDatabase> {
  const database = await openMainDatabase({ path, thread: false, busyTimeoutMs, durability: 'rebuildable' })
  onTestFinished(() => database.close())
  return database
}

async function opened(busyTimeoutMs?: number) {
  const { path } = await temporaryPostgres()
  const database = await open(path, busyTimeoutMs)
  return { path, database, db: database.db }
}

/** To whoever connects from now on the server says this of a setting, and of what the server of tests lacks that it is on. */
async function saySetting(path: string, name: string, setting: string): Promise<void> {
  const said = `case name when '${name}' then '${setting}' when 'fsync' then 'on' when 'full_page_writes' then 'on' else setting end`
  await queryPostgres(
    path,
    `create view pg_settings as select name, ${said} as setting from pg_catalog.pg_settings;
     do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$`,
  )
}

/** Another process, which has taken the turn to write. */
async function takeTurn(path: string): Promise<Client> {
  const client = await another(path)
  await client.query('begin; lock table write_turn in exclusive mode')
  return client
}

async function another(path: string): Promise<Client> {
  const client = new Client({ connectionString: path })
  client.on('error', () => {})
  onTestFinished(() => client.end())
  await client.connect()
  return client
}

const put = ({ db }: Pick<MainDatabase, 'db'>, name: string, value = '0') =>
  db.insertInto('installation').values({ name, value, set_at: 1 }).execute()
const namesIn = async ({ db }: Pick<MainDatabase, 'db'>) =>
  (await db.selectFrom('installation').select('name').orderBy('name').execute()).map(({ name }) => name)

describe('a session', () => {
  it('has its limits and synchronous_commit, whatever the address says', async () => {
    const { path } = await temporaryPostgres()
    const { db } = await open(`${path}?options=-c%20synchronous_commit%3Doff%20-c%20statement_timeout%3D40000`, 1_234)
    const settingOf = async (name: string) =>
      (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)).rows[0]?.value
    expect(await settingOf('synchronous_commit')).toBe('on')
    expect(await settingOf('lock_timeout')).toBe('1234ms')
    expect(await settingOf('statement_timeout')).toBe('30s')
    expect(await settingOf('idle_in_transaction_session_timeout')).toBe('5s')
    expect(await settingOf('default_transaction_read_only')).toBe('on')
  })

  it('is refused by a server that does not flush what it commits', async () => {
    const { path } = await temporaryPostgres()
    const refused = openMainDatabase({ path, thread: false })
    await expect(refused).rejects.toMatchObject({ reason: 'unavailable', detail: 'fsync is off where on is needed' })
  })

  it.each([
    ['full_page_writes', 'off', 'unavailable', 'full_page_writes is off where on is needed'],
    ['synchronous_commit', 'off', 'unavailable', 'synchronous_commit is off where on is needed'],
    ['in_hot_standby', 'on', 'read_only', 'in_hot_standby is on where off is needed'],
  ])('is refused by a server that says of %s, whatever was set, that it is %s', async (name, setting, reason, detail) => {
    const path = await emptyPostgres()
    await saySetting(path, name, setting)
    await expect(openMainDatabase({ path, thread: false })).rejects.toMatchObject({ reason, detail })
    expect(await queryPostgres(path, "select 1 from pg_tables where schemaname = 'public'")).toEqual([])
  })

  it('is refused by a database of another encoding', async () => {
    const other = `${await emptyPostgres()}_latin1`
    const { pathname } = new URL(other)
    const create = `create database ${pathname.slice(1)} encoding 'LATIN1' template template0`
    await queryPostgres(other.replace(pathname, '/postgres'), create)
    const detail = 'server_encoding is LATIN1 where UTF8 is needed'
    await expect(openMainDatabase({ path: other, thread: false })).rejects.toMatchObject({ reason: 'unavailable', detail })
  })

  it('that cannot be had says which server, and no password', async () => {
    const nobody = openMainDatabase({ path: 'postgres://spark:secret@127.0.0.1:1/spark', thread: false })
    await expect(nobody).rejects.toMatchObject({ reason: 'unavailable', path: 'postgres://127.0.0.1:1/spark' })
    await expect(nobody).rejects.not.toThrow('secret')
  })

  it('that the server ends is an error once; the next one is another', async () => {
    const { db, database } = await opened()
    const ended = db.transaction().execute(async (trx) => {
      await put({ db: trx }, 'a')
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx)
    })
    await expect(ended).rejects.toMatchObject({ reason: 'unavailable' })
    await put(database, 'b')
    expect(await namesIn(database)).toEqual(['b'])
  })

  it('of a closed database is an error', async () => {
    const { database } = await opened()
    await database.close()
    await expect(put(database, 'a')).rejects.toMatchObject({ reason: 'unavailable' })
  })
})

describe('the schema', () => {
  it('is made once by processes that start at the same time on an empty database: the first begins to work, and no other migrates beside it', async () => {
    for (let round = 0; round < 5; round++) {
      const path = await emptyPostgres()
      const opening = Array.from({ length: 4 }, () =>
        openMainDatabase({ path, thread: false, busyTimeoutMs: 400, durability: 'rebuildable' }),
      )
      await Promise.race(opening)
      const holder = await takeTurn(path)
      const databases = await Promise.all(opening)
      await holder.query('commit')
      await Promise.all(databases.map((database) => database.probe()))
      const made = SCHEMAS.map(({ table }) => `select name from ${table}`).join(' union all ')
      const names = (await queryPostgres(path, made)).map(({ name }) => String(name))
      expect(names.toSorted()).toEqual(SCHEMAS.flatMap(({ migrations }) => Object.keys(migrations)).toSorted())
      await Promise.all(databases.map((database) => database.close()))
    }
  })

  it('of a newer Spark is refused', async () => {
    const { path, db } = await opened()
    await sql`insert into kysely_migration values ('9999-later', '2026-01-01T00:00:00Z')`.execute(db)
    await expect(open(path)).rejects.toThrow('9999-later')
  })
})

describe('the turn to write', () => {
  it('is taken by every transaction: what one reads, no other changes until it has committed', async () => {
    const { path, database } = await opened()
    const processes = [database, await open(path)]
    await put(database, 'count')
    const increment = ({ db }: MainDatabase) =>
      db.transaction().execute(async (trx) => {
        const { value } = await trx.selectFrom('installation').select('value').executeTakeFirstOrThrow()
        await trx
          .updateTable('installation')
          .set({ value: String(Number(value) + 1) })
          .execute()
      })
    await Promise.all(Array.from({ length: 40 }, (_, at) => increment(processes[at % 2] ?? database)))
    expect(await database.db.selectFrom('installation').select('value').execute()).toEqual([{ value: '40' }])
  })

  it('is waited for by single statements that write, as long as the busy timeout; readers wait for nobody', async () => {
    const { path, database } = await opened(150)
    const holder = await takeTurn(path)
    const writes = Array.from({ length: 20 }, (_, at) => put(database, `a${at}`))
    const refused = Promise.allSettled(writes.slice(0, 2))
    expect(await namesIn(database)).toEqual([])
    const reading = database.db.transaction().setAccessMode('read only')
    expect(await reading.execute((trx) => namesIn({ db: trx }))).toEqual([])
    expect((await refused).map((one) => one.status === 'rejected' && one.reason.reason)).toEqual(['locked', 'locked'])
    await holder.query('commit')
    await Promise.allSettled(writes)
    await put(database, 'b')
    expect(await namesIn(database)).toContain('b')
  })

  it('has a connection of its own: readers that take all others keep nobody from writing', async () => {
    const { path, database } = await opened()
    const holder = await another(path)
    await holder.query('select pg_advisory_lock(1)')
    let read = 0
    const readers = Array.from({ length: 12 }, () =>
      sql`select pg_advisory_lock_shared(1)`.execute(database.db).then(() => (read += 1)),
    )
    await put(database, 'a')
    expect(read).toBe(0)
    await holder.query('select pg_advisory_unlock(1)')
    await Promise.all(readers)
  })

  it('is lost by a process that was paused within a transaction, which cannot commit any more', async () => {
    const { path, database } = await opened()
    const other = await open(path)
    const paused = database.db.transaction().execute(async (trx) => {
      await put({ db: trx }, 'paused')
      await sql`set local idle_in_transaction_session_timeout = 50`.execute(trx)
      await put(other, 'other')
    })
    await expect(paused).rejects.toMatchObject({ reason: 'unavailable' })
    expect(await namesIn(other)).toEqual(['other'])
  })

  it('cannot be gone around: a select that writes is refused', async () => {
    const { db } = await opened()
    await expect(sql`select setval('alert_id_seq', 9)`.execute(db)).rejects.toMatchObject({ reason: 'read_only' })
  })

  it('begins with what the turns before it committed', async () => {
    const { path, database } = await opened()
    const holder = await takeTurn(path)
    const read = database.db.transaction().execute((trx) => namesIn({ db: trx }))
    await holder.query("insert into installation values ('a', '', 1)")
    await holder.query('commit')
    expect(await read).toEqual(['a'])
  })
})

describe('a transaction', () => {
  it('that fails is rolled back, and the next one works', async () => {
    const { db, database } = await opened()
    await put(database, 'a')
    const failed = db.transaction().execute(async (trx) => {
      await put({ db: trx }, 'b')
      await put({ db: trx }, 'a')
    })
    await expect(failed).rejects.toSatisfy(isUniqueViolation)
    await put(database, 'c')
    expect(await namesIn(database)).toEqual(['a', 'c'])
  })

  it('in which somebody caught an error says that nothing was kept', async () => {
    const { db, database } = await opened()
    await put(database, 'a')
    const caught = db.transaction().execute(async (trx) => {
      await put({ db: trx }, 'b')
      await put({ db: trx }, 'a').catch(() => {})
    })
    await expect(caught).rejects.toThrow('was rolled back')
    expect(await namesIn(database)).toEqual(['a'])
  })
})

describe('values', () => {
  it('come back as SQLite gives them', async () => {
    const { db } = await opened()
    const { rows } = await sql`select 9007199254740991::bigint as whole, sum(n) as sum, 0.1::double precision as real,
      (1 = 1) as yes, '\\x0102'::bytea as bytes, null::text as none from (values (1::bigint), (2)) as v (n)`.execute(db)
    expect(rows).toEqual([{ whole: Number.MAX_SAFE_INTEGER, sum: 3, real: 0.1, yes: 1, bytes: Buffer.from([1, 2]), none: null }])
  })

  it('that a number cannot hold are refused', async () => {
    const { db } = await opened()
    await expect(sql`select 9007199254740992::bigint`.execute(db)).rejects.toThrow(RangeError)
    await expect(sql`select sum(9007199254740991) from (values (1), (2)) as v`.execute(db)).rejects.toThrow(RangeError)
    expect((await sql`select 1::bigint as one`.execute(db)).rows).toEqual([{ one: 1 }])
  })

  it('that would silently become something else are refused', async () => {
    const { database } = await opened()
    await expect(put(database, Number.NaN as unknown as string)).rejects.toThrow('type number')
    await expect(put(database, new Date(0) as unknown as string)).rejects.toThrow('Date')
    expect(await namesIn(database)).toEqual([])
  })

  it('that are text stand in the order of their bytes', async () => {
    const { database } = await opened()
    for (const name of ['a', 'B', 'ä', 'Z', '_', '😀', '\uFF5E']) await put(database, name)
    expect(await namesIn(database)).toEqual(['B', 'Z', '_', 'a', 'ä', '\uFF5E', '😀'])
  })

  it('of an empty list are none', async () => {
    const { db } = await opened()
    expect(await db.selectFrom('installation').selectAll().where('name', 'in', []).execute()).toEqual([])
  })
})

it.each([
  ['53100', 'disk_full'],
  ['53300', 'unavailable'],
  ['55P03', 'locked'],
  ['57P01', 'unavailable'],
  ['25006', 'read_only'],
  ['42501', 'read_only'],
  ['58030', 'io_error'],
  ['XX001', 'corrupt'],
  ['XX000', 'unavailable'],
])('SQLSTATE %s is told as %s', (code, reason) => {
  const error = Object.assign(new DatabaseError('said', 4, 'error'), { code })
  expect(postgresStorageError(error, 'postgres://host/spark')).toMatchObject({ reason, path: 'postgres://host/spark' })
})

it('wrong SQL and constraints are told as they are', () => {
  for (const code of ['42601', '23505', '22003']) {
    const error = Object.assign(new DatabaseError('said', 4, 'error'), { code })
    expect(postgresStorageError(error, 'postgres://host/spark')).toBe(error)
  }
})
