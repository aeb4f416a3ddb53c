import { HandleEmptyInListsPlugin, Kysely, replaceWithNoncontingentExpression } from 'kysely'
import { DatabaseError, type Pool, type PoolClient } from 'pg'
import { migrate, type Schema } from '../migrate.ts'
import { databaseName } from '../postgres-url.ts'
import { createPostgresDialect, endServer, type PostgresServer } from './postgres-dialect.ts'
import { postgresStorageError } from './postgres-error.ts'
import { connect, CONNECTIONS_MAX, openPool, type PoolOptions } from './postgres-pool.ts'
import { createWriteTurn } from './write-turn.ts'

export interface OpenPostgresOptions extends PoolOptions {
  /** Brought to their newest migrations, together, before the database is handed out. */
  schemas: readonly Schema[]
}

/** How long the start of a process waits for others that migrate. */
const MIGRATION_LOCK_TIMEOUT_MS = 60_000
/**
 * Of whoever migrates. Others wait for it instead of for the turn to write, and find all done: who has begun to work waits for a turn
 * much shorter than a migration may take. Any number that nobody else uses.
 */
const MIGRATION_LOCK = 7_412_083_001

/** A PostgreSQL database with the newest schema. Rejects with StorageError. */
export async function openPostgres<Tables>(
  options: OpenPostgresOptions,
): Promise<{ db: Kysely<Tables>; close(): Promise<void> }> {
  const { schemas, ...settings } = options
  const server = openPools(settings)
  const { pool } = server
  try {
    if (!(await onConnection(pool, server.name, (client) => isMigrated(client, schemas)))) await migrateApart(settings, schemas)
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

/** Most starts find the schemas as they should be: they take no turn and read no catalogue. */
async function isMigrated(client: PoolClient, schemas: readonly Schema[]): Promise<boolean> {
  const wanted = schemas.flatMap(({ table, migrations }) => Object.keys(migrations).map((name) => `${table} ${name}`))
  const done = schemas.map(({ table }) => `select '${table} ' || name as name from ${table}`).join(' union all ')
  try {
    const { rows } = await client.query<{ name: string }>(done)
    const names = new Set(rows.map(({ name }) => name))
    return names.size === wanted.length && wanted.every((name) => names.has(name))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNDEFINED_TABLE) return false
    throw error
  }
}

/** On connections of its own, which may wait and work as long as it takes. */
async function migrateApart(settings: PoolOptions, schemas: readonly Schema[]): Promise<void> {
  const server = openPools({ ...settings, writing: 'turns', lockTimeoutMs: MIGRATION_LOCK_TIMEOUT_MS, statementTimeoutMs: 0 })
  try {
    await onConnection(server.pool, server.name, async (client) => {
      await client.query(`select pg_advisory_lock(${MIGRATION_LOCK})`)
      if (await isMigrated(client, schemas)) return
      await createWriteTurn(server.writers, server.name)
      await new Kysely<unknown>({ dialect: createPostgresDialect(server) }).transaction().execute(async (trx) => {
        for (const { migrations, table } of schemas) await migrate(trx, migrations, table)
      })
    })
  } finally {
    await endServer(server)
  }
}

/** Rejects with StorageError. */
async function onConnection<Result>(pool: Pool, name: string, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await connect(pool, name)
  try {
    return await work(client)
  } catch (error) {
    throw postgresStorageError(error, name)
  } finally {
    client.release()
  }
}
