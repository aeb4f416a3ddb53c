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
import { systemClock } from '../../clock.ts'
import { StorageError } from '../storage-error.ts'
import { Turn } from '../turn.ts'
import { isConnectionError, postgresStorageError } from './postgres-error.ts'
import { connect, type Writing } from './postgres-pool.ts'
import { toParameter } from './postgres-values.ts'
import { TURN_TABLE } from './write-turn.ts'

export interface PostgresServer {
  /** For messages. */
  name: string
  writing: Writing
  pool: Pool
  /** For whoever has the turn to write, whom readers must not keep waiting; the pool itself where nobody takes turns. */
  writers: Pool
}

/** Longer than those before it in the same process take, and no longer than a server that is silent is waited for. */
const TURN_LIMIT_MS = 4_000

/**
 * Kysely over a pool. Whoever writes takes a turn, as with SQLite: LOCK TABLE takes no snapshot, so that what the transaction sees is
 * from after its turn came, and no two transactions that write ever run beside each other. Readers wait for nobody.
 */
export function createPostgresDialect(server: PostgresServer): Dialect {
  return {
    createDriver: () => new PostgresDriver(server),
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
  readonly #server: PostgresServer
  /** Within this process: one waits at the server, the others here. */
  readonly #turn = new Turn()

  constructor(server: PostgresServer) {
    this.#server = server
  }

  async init(): Promise<void> {}

  /** The pool is asked when it is known what for: those that wait for their turn must not keep connections from readers. */
  async acquireConnection(): Promise<DatabaseConnection> {
    return new PostgresConnection(this.#server, this.#turn)
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
    await endServer(this.#server)
  }
}

/** A pool is ended once. */
export async function endServer({ pool, writers }: PostgresServer): Promise<void> {
  for (const one of new Set([pool, writers])) if (!one.ending) await one.end()
}

class PostgresConnection implements DatabaseConnection {
  readonly #server: PostgresServer
  readonly #turn: Turn
  #client: PoolClient | null = null
  #hasTurn = false
  #inTransaction = false
  /** What it holds is unknown: it is closed instead of given back. */
  #broken = false

  constructor(server: PostgresServer, turn: Turn) {
    this.#server = server
    this.#turn = turn
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const parameters = query.parameters.map(toParameter)
    if (this.#inTransaction || this.#server.writing === 'beside' || reads(query)) return this.#run<Row>(query.sql, parameters)
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
    if (writes && this.#server.writing === 'turns') {
      if (!(await this.#turn.takeWithin(TURN_LIMIT_MS, systemClock)))
        throw new StorageError('locked', this.#server.name, `others of this process have written for ${TURN_LIMIT_MS} ms`)
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
    return this.#server.writing === 'turns' ? BEGIN_TURN : `begin isolation level ${isolationLevel} read write`
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
    const { pool, writers, name } = this.#server
    this.#client ??= await connect(this.#hasTurn ? writers : pool, name)
    try {
      return await this.#client.query(sql, parameters)
    } catch (error) {
      this.#broken ||= isConnectionError(error)
      throw postgresStorageError(error, name)
    }
  }
}

/** What runs outside of a transaction without a turn. A select that writes is refused there by the server. */
function reads({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'SelectQueryNode' || (query.kind === 'RawNode' && /^\s*select\b/i.test(sql))
}
