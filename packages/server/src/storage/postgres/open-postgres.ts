import { HandleEmptyInListsPlugin, Kysely, replaceWithNoncontingentExpression } from 'kysely'
import type { Migration } from 'kysely/migration'
import { DatabaseError, type Pool } from 'pg'
import { migrate, MIGRATION_TABLE } from '../migrate.ts'
import { databaseName } from '../postgres-url.ts'
import { createPostgresDialect, endServer, type PostgresServer } from './postgres-dialect.ts'
import { postgresStorageError } from './postgres-error.ts'
import { connect, CONNECTIONS_MAX, openPool, type PoolOptions } from './postgres-pool.ts'
import { createWriteTurn } from './write-turn.ts'

export interface OpenPostgresOptions extends PoolOptions {
  /** Brought to the newest one before the database is handed out. */
  migrations: Record<string, Migration>
  /** Where it is kept what was done: one for each schema in the database. Default that of the main database. */
  migrationTable?: string
}

/** How long the start of a process waits for others that migrate. */
const MIGRATION_LOCK_TIMEOUT_MS = 60_000

/** A PostgreSQL database with the newest schema. Rejects with StorageError. */
export async function openPostgres<Tables>(
  options: OpenPostgresOptions,
): Promise<{ db: Kysely<Tables>; close(): Promise<void> }> {
  const { migrations, migrationTable = MIGRATION_TABLE, ...settings } = options
  const server = openPools(settings)
  const { pool } = server
  try {
    if (!(await isMigrated(pool, settings.url, migrations, migrationTable)))
      await migrateApart(settings, migrations, migrationTable)
  } catch (error) {
    await endServer(server)
    throw error
  }
  return {
    db: new Kysely<Tables>({ dialect: createPostgresDialect(server), plugins: [EMPTY_LISTS] }),
    close: () => endServer(server),
  }
}

/** One writes at a time, so one connection is enough for that. */
function openPools(settings: PoolOptions): PostgresServer {
  const { url, writing = 'turns' } = settings
  const beside = writing === 'turns' ? 1 : 0
  const pool = openPool({ ...settings, connections: CONNECTIONS_MAX - beside })
  return { name: databaseName(url), writing, pool, writers: beside === 0 ? pool : openPool({ ...settings, connections: beside }) }
}

/** `in ()`, which SQLite takes for nothing, is a mistake here. */
const EMPTY_LISTS = new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })

const UNDEFINED_TABLE = '42P01'

/** Most starts find the schema as it should be: they take no turn and read no catalogue. */
async function isMigrated(pool: Pool, url: string, migrations: Record<string, Migration>, table: string): Promise<boolean> {
  const client = await connect(pool, databaseName(url))
  try {
    const { rows } = await client.query<{ name: string }>(`select name from ${table}`)
    const done = new Set(rows.map(({ name }) => name))
    return done.size === Object.keys(migrations).length && Object.keys(migrations).every((name) => done.has(name))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNDEFINED_TABLE) return false
    throw postgresStorageError(error, databaseName(url))
  } finally {
    client.release()
  }
}

/** On a connection of its own, which may wait and work as long as it takes. */
async function migrateApart(settings: PoolOptions, migrations: Record<string, Migration>, table: string): Promise<void> {
  const server = openPools({ ...settings, writing: 'turns', lockTimeoutMs: MIGRATION_LOCK_TIMEOUT_MS, statementTimeoutMs: 0 })
  try {
    await createWriteTurn(server.writers, server.name)
    await migrate(new Kysely<unknown>({ dialect: createPostgresDialect(server) }), migrations, table)
  } finally {
    await endServer(server)
  }
}
