import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type IsolationLevel,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { Turn } from '../turn.ts'
import { isConnectionError, postgresStorageError } from './postgres-error.ts'
import { connect, type Writing } from './postgres-pool.ts'
import { toParameter } from './postgres-values.ts'
import { TURN_TABLE } from './write-turn.ts'

/**
 * Kysely over a pool. Whoever writes takes a turn, as with SQLite: LOCK TABLE takes no snapshot, so that what the transaction sees is
 * from after its turn came, and no two transactions that write ever run beside each other. Readers wait for nobody.
 */
export function createPostgresDialect(pool: Pool, name: string, writing: Writing = 'turns'): Dialect {
  return {
    createDriver: () => new PostgresDriver(pool, name, writing),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new TurnAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  }
}

const BEGIN_TURN = `begin isolation level repeatable read read write; lock table ${TURN_TABLE} in exclusive mode`

/** Migrators take turns by their transactions. */
class TurnAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class PostgresDriver implements Driver {
  readonly #pool: Pool
  readonly #name: string
  readonly #writing: Writing
  /** Within this process: one waits at the server, the others here. */
  readonly #turn = new Turn()

  constructor(pool: Pool, name: string, writing: Writing) {
    this.#pool = pool
    this.#name = name
    this.#writing = writing
  }

  async init(): Promise<void> {}

  /** The pool is asked when it is known what for: those that wait for their turn must not keep connections from readers. */
  async acquireConnection(): Promise<DatabaseConnection> {
    return new PostgresConnection(this.#pool, this.#name, this.#writing, this.#turn)
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await (connection as PostgresConnection).begin(settings.accessMode !== 'read only', settings.isolationLevel)
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as PostgresConnection).commit()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as PostgresConnection).rollback()
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    ;(connection as PostgresConnection).release()
  }

  async destroy(): Promise<void> {
    await this.#pool.end()
  }
}

class PostgresConnection implements DatabaseConnection {
  readonly #pool: Pool
  readonly #name: string
  readonly #writing: Writing
  readonly #turn: Turn
  #client: PoolClient | null = null
  #hasTurn = false
  #inTransaction = false
  /** What it holds is unknown: it is closed instead of given back. */
  #broken = false

  constructor(pool: Pool, name: string, writing: Writing, turn: Turn) {
    this.#pool = pool
    this.#name = name
    this.#writing = writing
    this.#turn = turn
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const parameters = query.parameters.map(toParameter)
    if (this.#inTransaction || this.#writing === 'beside' || reads(query)) return this.#run<Row>(query.sql, parameters)
    await this.begin(true)
    try {
      const result = await this.#run<Row>(query.sql, parameters)
      await this.commit()
      return result
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  /** Another isolation level is for those that take no turns. */
  async begin(writes: boolean, isolationLevel: IsolationLevel = 'repeatable read'): Promise<void> {
    if (writes && this.#writing === 'turns') {
      await this.#turn.take()
      this.#hasTurn = true
    }
    this.#inTransaction = true
    try {
      await this.#send(this.#beginText(writes, isolationLevel))
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  /** PostgreSQL answers COMMIT with ROLLBACK after an error that somebody caught: nothing was kept then. */
  async commit(): Promise<void> {
    const { command } = await this.#send('commit')
    if (command === 'ROLLBACK') throw new Error('the transaction was rolled back, because a statement in it had failed')
    this.#end()
  }

  /** Never rejects: a connection on which it fails is closed, which rolls back as well. */
  async rollback(): Promise<void> {
    try {
      if (this.#inTransaction && this.#client !== null && !this.#broken) await this.#send('rollback')
    } catch {
      this.#broken = true
    }
    this.#end()
  }

  release(): void {
    this.#end()
    this.#client?.release(this.#broken)
    this.#client = null
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streaming would hold a connection: read page by page')
  }

  #beginText(writes: boolean, isolationLevel: IsolationLevel): string {
    if (!writes) return 'begin isolation level repeatable read read only'
    return this.#writing === 'turns' ? BEGIN_TURN : `begin isolation level ${isolationLevel} read write`
  }

  #end(): void {
    this.#inTransaction = false
    if (!this.#hasTurn) return
    this.#hasTurn = false
    this.#turn.give()
  }

  async #run<Row>(sql: string, parameters?: unknown[]): Promise<QueryResult<Row>> {
    const { rows, rowCount, command } = await this.#send(sql, parameters)
    const changed = command === 'SELECT' ? 0 : (rowCount ?? 0)
    return { rows: rows as Row[], numAffectedRows: BigInt(changed) }
  }

  async #send(sql: string, parameters?: unknown[]) {
    this.#client ??= await connect(this.#pool, this.#name)
    try {
      return await this.#client.query(sql, parameters)
    } catch (error) {
      this.#broken ||= isConnectionError(error)
      throw postgresStorageError(error, this.#name)
    }
  }
}

/** What runs outside of a transaction without a turn. A select that writes is refused there by the server. */
function reads({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'SelectQueryNode' || (query.kind === 'RawNode' && /^\s*select\b/i.test(sql))
}
