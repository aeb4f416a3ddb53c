import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { StorageError, storageErrorFrom } from '../storage-error.ts'

export interface ConnectionOptions {
  path: string
  /** How long a statement waits for another process's lock. */
  busyTimeoutMs: number
  readOnly: boolean
  /**
   * `full`: a commit is on disk when it returns. `rebuildable`: the last commits may be lost with the power, never torn. `none`:
   * nothing outlives the connection; for `:memory:`, which has no WAL.
   */
  durability: 'full' | 'rebuildable' | 'none'
}

export interface ExecuteResult {
  rows: Record<string, unknown>[]
  changes: number
}

/** What the driver needs of a connection; one runs in the calling thread, the other asks a worker thread. */
export interface SqliteConnection {
  execute(sql: string, parameters: readonly unknown[]): Promise<ExecuteResult>
  /** Rolls back when a transaction is open. SQLite ends it by itself after some errors, and a second ROLLBACK fails. */
  rollback(): Promise<void>
  close(): Promise<void>
}

const SYNCHRONOUS = { full: 2, rebuildable: 1, none: 0 } as const

/** Kysely makes some 200 distinct texts; limits that differ make more. At so many all are forgotten, which costs less than knowing which was used last. */
const STATEMENT_CACHE_MAX = 512

/** A connection in the calling thread. Every call blocks it; a locked database for as long as `busyTimeoutMs`. */
export class LocalConnection {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #statements = new Map<string, { statement: StatementSync; reads: boolean }>()

  constructor(options: ConnectionOptions) {
    this.#path = options.path
    this.#database = openWithSettings(options)
  }

  execute(sql: string, parameters: readonly unknown[]): ExecuteResult {
    const values = parameters.map(toSqlValue)
    try {
      const { statement, reads } = this.#prepare(sql)
      if (reads) return { rows: statement.all(...values), changes: 0 }
      return { rows: [], changes: Number(statement.run(...values).changes) }
    } catch (error) {
      throw storageErrorFrom(error, this.#path)
    }
  }

  rollback(): void {
    if (this.#database.isTransaction) this.execute('rollback', [])
  }

  close(): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string): { statement: StatementSync; reads: boolean } {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, reads: statement.columns().length > 0 }
    if (this.#statements.size >= STATEMENT_CACHE_MAX) this.#statements.clear()
    this.#statements.set(sql, prepared)
    return prepared
  }
}

/** NaN and an object in first place would silently become NULL, so everything unclear is refused. */
function toSqlValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`a value of type ${value instanceof Date ? 'Date' : typeof value} cannot be stored`)
}

function openWithSettings(options: ConnectionOptions): DatabaseSync {
  const { path, busyTimeoutMs, readOnly, durability } = options
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs, enableForeignKeyConstraints: true })
    const wal = !readOnly && durability !== 'none'
    if (wal) switchToWal(database, busyTimeoutMs)
    const synchronous = SYNCHRONOUS[durability]
    database.exec(`pragma synchronous = ${synchronous}; pragma recursive_triggers = on`)
    if (wal) expectSetting(database, path, 'journal_mode', 'wal')
    expectSetting(database, path, 'synchronous', synchronous)
    expectSetting(database, path, 'busy_timeout', busyTimeoutMs)
    expectSetting(database, path, 'foreign_keys', 1)
    expectSetting(database, path, 'recursive_triggers', 1)
    return database
  } catch (error) {
    database?.close()
    throw storageErrorFrom(error, path)
  }
}

/** The settings durability rests on are read back: SQLite ignores an unknown or refused pragma without a word. */
function expectSetting(database: DatabaseSync, path: string, name: string, wanted: string | number): void {
  const found = Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0]
  if (found === wanted) return
  throw new StorageError('unavailable', path, `pragma ${name} is ${String(found)} where ${wanted} is needed`)
}

/** The switch needs the file for itself and does not wait for it, so two processes at their first start would collide. */
function switchToWal(database: DatabaseSync, busyTimeoutMs: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const stepMs = 10
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    try {
      database.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      const busy = error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
      if (!busy || waitedMs >= busyTimeoutMs) throw error
      Atomics.wait(pause, 0, 0, stepMs)
    }
  }
}
