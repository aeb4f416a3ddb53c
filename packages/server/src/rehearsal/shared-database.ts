import { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { migrate } from '../storage/migrate.ts'
import { LocalConnection, type ExecuteResult, type SqliteConnection } from '../storage/sqlite/sqlite-connection.ts'
import { createSqliteDialect } from '../storage/sqlite/sqlite-dialect.ts'
import type { Life } from './life.ts'

/** What a statement does, told from its text. */
export interface StatementKind {
  kind: 'begin' | 'commit' | 'read' | 'write'
  /** Of a write. */
  table: string | null
}

/** What may befall a process's statements. */
export interface StatementHooks {
  /** Before it runs: resolves later for a slow disk, rejects with StorageError for one that cannot be written. Null: at once. */
  before: (statement: StatementKind) => Promise<void> | null
  /** After it ran; the process may have been killed in it. */
  after: (statement: StatementKind) => void
}

/**
 * One database in memory for all processes of a rehearsal, real SQLite. Each has a connection of its own; transactions take turns, as
 * the file's write lock makes them. What a process had not committed is gone when it dies.
 */
export class SharedDatabase<Tables> {
  readonly #base: LocalConnection
  readonly #writes = new Map<string, number>()
  #owner: ProcessConnection | null = null
  readonly #waiting: (() => void)[] = []
  readonly #kinds = new Map<string, StatementKind>()
  readonly #watches: { tables: ReadonlySet<string>; callback: () => void }[] = []
  /** Written by the transaction under way. */
  readonly #touched = new Set<string>()

  private constructor(base: LocalConnection) {
    this.#base = base
  }

  static async open<Tables>(migrations: Record<string, Migration>): Promise<SharedDatabase<Tables>> {
    const base = new LocalConnection({ path: ':memory:', busyTimeoutMs: 0, readOnly: false, durability: 'none' })
    const shared = new SharedDatabase<Tables>(base)
    await migrate(shared.connect(null, null), migrations)
    return shared
  }

  /** For a process; for nobody in particular when there is no life. */
  connect(life: Life | null, hooks: StatementHooks | null): Kysely<Tables> {
    return new Kysely<Tables>({ dialect: createSqliteDialect(new ProcessConnection(this, this.#base, life, hooks)) })
  }

  /** Grows with every write to one of these tables. */
  writes(tables: readonly string[]): number {
    let sum = 0
    for (const table of tables) sum += this.#writes.get(table) ?? 0
    return sum
  }

  /** Called back after each commit that wrote to one of these tables. */
  watch(tables: readonly string[], callback: () => void): void {
    this.#watches.push({ tables: new Set(tables), callback })
  }

  /** Outside of all turns: what is committed, and what the transaction under way has written. */
  peek(sql: string, parameters: readonly unknown[] = []): Record<string, unknown>[] {
    return this.#base.execute(sql, parameters).rows
  }

  close(): void {
    this.#base.close()
  }

  /** Null: it is free. */
  turn(asks: ProcessConnection): Promise<void> | null {
    if (this.#owner === null || this.#owner === asks) return null
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  hold(owner: ProcessConnection): void {
    this.#owner = owner
  }

  release(owner: ProcessConnection): void {
    if (this.#owner !== owner) return
    this.#owner = null
    for (const wake of this.#waiting.splice(0)) wake()
  }

  committed(): void {
    if (this.#touched.size === 0) return
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const { tables, callback } of this.#watches) if (touched.some((table) => tables.has(table))) callback()
  }

  /** What was touched was rolled back. */
  forget(): void {
    this.#touched.clear()
  }

  isHeldBy(owner: ProcessConnection): boolean {
    return this.#owner === owner
  }

  /** Kysely makes few distinct texts. */
  kindOf(sql: string): StatementKind {
    const known = this.#kinds.get(sql)
    if (known !== undefined) return known
    const table = tableOf(sql)
    const kind = sql.startsWith('begin') ? 'begin' : sql === 'commit' ? 'commit' : table === null ? 'read' : 'write'
    const found: StatementKind = { kind, table }
    this.#kinds.set(sql, found)
    return found
  }

  wrote(table: string): void {
    this.#writes.set(table, (this.#writes.get(table) ?? 0) + 1)
    this.#touched.add(table)
  }
}

/** What a connection needs of the whole. */
type Turns = Pick<SharedDatabase<unknown>, 'turn' | 'hold' | 'release' | 'committed' | 'forget' | 'isHeldBy' | 'kindOf' | 'wrote'>

class ProcessConnection implements SqliteConnection {
  readonly #shared: Turns
  readonly #base: LocalConnection
  readonly #life: Life | null
  readonly #hooks: StatementHooks | null

  constructor(shared: Turns, base: LocalConnection, life: Life | null, hooks: StatementHooks | null) {
    this.#shared = shared
    this.#base = base
    this.#life = life
    this.#hooks = hooks
    life?.onDeath(() => this.#giveUp())
  }

  async execute(sql: string, parameters: readonly unknown[]): Promise<ExecuteResult> {
    const statement = this.#shared.kindOf(sql)
    const delay = this.#hooks?.before(statement) ?? null
    if (delay !== null) await delay
    for (let wait = this.#wait(); wait !== null; wait = this.#wait()) await wait
    const result = this.#base.execute(sql, parameters)
    if (statement.kind === 'begin') this.#shared.hold(this)
    if (statement.kind === 'commit') this.#shared.release(this)
    if (statement.table !== null) this.#shared.wrote(statement.table)
    if (!this.#shared.isHeldBy(this)) this.#shared.committed()
    this.#hooks?.after(statement)
    for (let wait = this.#passage(); wait !== null; wait = this.#passage()) await wait
    return result
  }

  #passage(): Promise<void> | null {
    return this.#life?.passage() ?? null
  }

  /** The process must be there, and it must be its turn. */
  #wait(): Promise<void> | null {
    return this.#passage() ?? this.#shared.turn(this)
  }

  rollback(): Promise<void> {
    this.#giveUp()
    return Promise.resolve()
  }

  close(): Promise<void> {
    return this.rollback()
  }

  #giveUp(): void {
    if (this.#shared.isHeldBy(this)) {
      this.#base.rollback()
      this.#shared.forget()
    }
    this.#shared.release(this)
  }
}

/** Columns that change all the time, and that those who watch the rest of their table need not see. */
const APART: ReadonlySet<string> = new Set(['strategy.decided_ts', 'rollout_epoch.lease_until'])

function tableOf(sql: string): string | null {
  const [, table, column] = /^(?:insert into|delete from|update) "(\w+)"(?: set "(\w+)")?/.exec(sql) ?? []
  if (table === undefined) return null
  const named = `${table}.${column ?? ''}`
  return APART.has(named) ? named : table
}
