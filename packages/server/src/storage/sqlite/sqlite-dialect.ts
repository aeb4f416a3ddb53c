import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type LimitNode,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
  ValueNode,
} from 'kysely'
import { Turn } from '../turn.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** Kysely over one SQLite connection. Queries and transactions take turns: inside a transaction await only its own queries. */
export function createSqliteDialect(connection: SqliteConnection): Dialect {
  return {
    createDriver: () => new SqliteDriver(connection),
    createQueryCompiler: () => new LimitCompiler(),
    createAdapter: () => new TransactionalDdlAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  }
}

/** SQLite plans a statement for the value of its limit: one whose limit is bound is planned anew each time, for 10 to 40 µs. */
class LimitCompiler extends SqliteQueryCompiler {
  protected override visitLimit({ limit }: LimitNode): void {
    this.append('limit ')
    if (ValueNode.is(limit) && Number.isSafeInteger(limit.value)) this.appendImmediateValue(limit.value)
    else this.visitNode(limit)
  }
}

/** With this on, the migrator runs in one BEGIN IMMEDIATE, so that two processes starting at once take turns. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection
  readonly #shared: SharedConnection
  readonly #turn = new Turn()

  constructor(connection: SqliteConnection) {
    this.#connection = connection
    this.#shared = new SharedConnection(connection)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turn.take()
    return this.#shared
  }

  async releaseConnection(): Promise<void> {
    this.#turn.give()
  }

  /** IMMEDIATE takes the write lock at once: a reader that upgrades later fails with BUSY_SNAPSHOT (517) without waiting. */
  async beginTransaction(_connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await this.#connection.execute(settings.accessMode === 'read only' ? 'begin' : 'begin immediate', [])
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.execute('commit', [])
  }

  async rollbackTransaction(): Promise<void> {
    await this.#connection.rollback()
  }

  async destroy(): Promise<void> {
    await this.#connection.close()
  }
}

class SharedConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes } = await this.#connection.execute(query.sql, query.parameters)
    return { rows: rows as Row[], numAffectedRows: BigInt(changes) }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming would hold the only connection: read page by page')
  }
}
