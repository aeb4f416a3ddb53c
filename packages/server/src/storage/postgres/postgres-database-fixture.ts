import { threadId } from 'node:worker_threads'
import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { openMainDatabase } from '../open-main-database.ts'
import { startPostgres } from './postgres-fixture.ts'

interface Database {
  url: string
  /** Connected to it all the time. */
  owner: Client
}

/** Databases of this thread that no test uses. */
const unused: Database[] = []
let made = 0
let template: Promise<string> | null = null

/** For tests: the address of a main database, with the audit and the book of the paper venue in it, as it is after its migrations, until `free` is called or the test has ended. */
export async function temporaryPostgres(): Promise<{ path: string; free(): void }> {
  const database = unused.pop() ?? (await createDatabase())
  let isFree = false
  const free = () => {
    if (!isFree) unused.push(database)
    isFree = true
  }
  onTestFinished(free)
  await database.owner.query('select fresh.reset()')
  return { path: database.url, free }
}

async function createDatabase(): Promise<Database> {
  template ??= createTemplate()
  const name = `test_${threadId}_${made++}`
  const addressOf = await startPostgres()
  // PostgreSQL copies a database only while nobody else does.
  await navigator.locks.request('copy template', async () =>
    queryPostgres(addressOf('postgres'), `create database ${name} template ${await template}`),
  )
  const owner = new Client({ connectionString: addressOf(name) })
  owner.on('error', () => {})
  await owner.connect()
  return { url: addressOf(name), owner }
}

const TEMPLATE = 'main_template'

/** Made once for all threads. */
async function createTemplate(): Promise<string> {
  const addressOf = await startPostgres()
  await navigator.locks.request('create template', async () => {
    const [found] = await queryPostgres(
      addressOf('postgres'),
      `select 1 from pg_database where datname = '${TEMPLATE}' and not datallowconn`,
    )
    if (found !== undefined) return
    await queryPostgres(addressOf('postgres'), `create database ${TEMPLATE}`)
    await (await openMainDatabase({ path: addressOf(TEMPLATE), thread: false, durability: 'rebuildable' })).close()
    await queryPostgres(addressOf(TEMPLATE), RESET)
    await queryPostgres(addressOf('postgres'), `alter database ${TEMPLATE} allow_connections false`)
  })
  return TEMPLATE
}

/** Emptying tables takes milliseconds, copying a database a tenth of a second. The schema `fresh` keeps the tables and rows of the migrations. */
const RESET = `
  create schema fresh;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' loop
      execute format('create table fresh.%1$I as table public.%1$I', name);
    end loop;
  end $$;
  create function fresh.reset() returns void language plpgsql as $$ declare name text; begin
    perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
    -- Without triggers: some of them forbid to remove rows.
    perform set_config('session_replication_role', 'replica', true);
    -- Partitions that a test made.
    for name in select tablename from pg_tables where schemaname = 'public'
        except select tablename from pg_tables where schemaname = 'fresh' loop
      execute format('drop table public.%I', name);
    end loop;
    for name in select tablename from pg_tables where schemaname = 'public' loop
      execute format('delete from public.%I', name);
    end loop;
    for name in select tablename from pg_tables where schemaname = 'fresh' loop
      execute format('insert into public.%1$I select * from fresh.%1$I', name);
    end loop;
    perform setval(format('public.%I', sequencename)::regclass, 1, false) from pg_sequences where schemaname = 'public';
  end $$;`

/** For tests: what a database answers to somebody else than Spark. */
export async function queryPostgres(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

/** For tests: the address of a copy of this database, to which nobody may be connected. */
export async function copyPostgres(url: string): Promise<string> {
  const from = new URL(url).pathname.slice(1)
  const name = `copy_${threadId}_${made++}`
  const addressOf = (database: string) => url.replace(new RegExp(`${from}$`), database)
  await queryPostgres(addressOf('postgres'), `create database ${name} template ${from}`)
  return addressOf(name)
}

/** For tests: the address of a new database without any table. */
export { emptyPostgres } from './postgres-fixture.ts'
