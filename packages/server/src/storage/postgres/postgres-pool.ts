import { Pool, type PoolClient } from 'pg'
import { databaseName } from '../postgres-url.ts'
import { StorageError } from '../storage-error.ts'
import { postgresStorageError } from './postgres-error.ts'
import { POSTGRES_TYPES } from './postgres-values.ts'

/** `turns`: whoever writes takes one. `beside`: transactions run beside each other, and one that meets another's change fails. */
export type Writing = 'turns' | 'beside'

export interface PoolOptions {
  /** `postgres://user:password@host:port/database` */
  url: string
  /** How long a statement waits for a lock, the turn to write included. */
  lockTimeoutMs: number
  /** Longer than a statement takes; 0: as long as it takes. */
  statementTimeoutMs?: number
  /** Whether whoever writes takes a turn; default `turns`. */
  writing?: Writing
  /** At most so many at a time; default 8. */
  connections?: number
  /** `full`: the server must flush what it commits to disk. */
  durability: 'full' | 'rebuildable'
}

/** PostgreSQL gives 100 connections to all processes together. */
export const CONNECTIONS_MAX = 8
/** Reaching the server, or waiting for a free connection. */
const CONNECT_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 30_000
/** What the answer of a statement that timed out takes; after it the connection counts as broken: a server that is silent is no other. */
const ANSWER_TIMEOUT_MS = 1_000
/** A process that was paused within a transaction loses it, and with it the turn to write. */
const IDLE_IN_TRANSACTION_MS = 5_000
const IDLE_CONNECTION_MS = 300_000
/** A peer that is gone is noticed after 10 + 3 × 5 seconds. */
const KEEPALIVE = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '25000',
}

/** Connections whose settings were set and read back. Nothing connects before the first one is asked for. */
export function openPool(options: PoolOptions): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  const pool = new Pool({
    connectionString: options.url,
    application_name: 'spark',
    types: POSTGRES_TYPES,
    max: options.connections ?? CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + ANSWER_TIMEOUT_MS }),
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, which its types do not say
    onConnect: (client) => prepareSession(client as PoolClient, options, statementTimeoutMs),
  })
  // A connection that breaks is told to whoever uses it next; without a listener the event would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** A connection of the pool; rejects with StorageError. */
export async function connect(pool: Pool, name: string): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    const told = postgresStorageError(error, name)
    // Whatever else the server has against it: there is no connection.
    throw told instanceof StorageError ? told : new StorageError('unavailable', name, String(error), error)
  }
}

/**
 * What durability and limits rest on is set and read back, because the server, the role or the address may say otherwise. Where
 * writers take turns nothing can be written outside of one.
 */
async function prepareSession(client: PoolClient, options: PoolOptions, statementTimeoutMs: number): Promise<void> {
  const limits = {
    default_transaction_read_only: options.writing === 'beside' ? 'off' : 'on',
    synchronous_commit: 'on',
    statement_timeout: String(statementTimeoutMs),
    lock_timeout: String(options.lockTimeoutMs),
    idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
  }
  const given = Object.entries({ ...KEEPALIVE, ...limits })
  const calls = given.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, false)`)
  await client.query(`select ${calls.join()}`, given.flat())
  const wanted: Record<string, string> = {
    ...limits,
    server_encoding: 'UTF8',
    in_hot_standby: 'off',
    ...(options.durability === 'full' && { fsync: 'on', full_page_writes: 'on' }),
  }
  const { rows } = await client.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [Object.keys(wanted)],
  )
  const found = new Map(rows.map(({ name, setting }) => [name, setting]))
  for (const [name, value] of Object.entries(wanted)) {
    if (found.get(name) === value) continue
    const detail = `${name} is ${found.get(name) ?? 'unknown'} where ${value} is needed`
    throw new StorageError(name === 'in_hot_standby' ? 'read_only' : 'unavailable', databaseName(options.url), detail)
  }
}
