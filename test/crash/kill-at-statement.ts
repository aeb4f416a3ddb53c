// Preloaded with NODE_OPTIONS=--import, so that a real process is killed where a test says: SIGKILL before the n-th statement on the
// main database, or after a commit there, counted from when the file KILL_AT_FILE appears with n in it.
import { existsSync, readFileSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { isMainThread } from 'node:worker_threads'

const file = process.env['KILL_AT_FILE'] ?? ''
let left: number | null = null

function pass(): void {
  if (left === null) {
    if (!existsSync(file)) return
    left = Number(readFileSync(file, 'utf8'))
  }
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

/** Statements on the main database, by their text. */
const texts = new WeakMap<StatementSync, string>()
replace(DatabaseSync.prototype, 'prepare', (database, prepare) => {
  const statement = prepare() as StatementSync
  if (database.location()?.endsWith('/spark.db') === true) texts.set(statement, statement.sourceSQL)
  return statement
})
for (const name of ['run', 'all'] as const)
  replace(StatementSync.prototype, name, (statement, run) => {
    const text = texts.get(statement)
    if (text !== undefined) pass()
    const answer = run()
    if (text === 'commit') pass()
    return answer
  })

// The audit shares the server, and has threads of its own.
if (process.env['DATABASE_URL'] !== undefined && isMainThread) {
  const { Client } = await import('@spark/server/storage/postgres/postgres-client-fixture')
  replace(Client.prototype, 'query', (_client, query, text) => {
    pass()
    const answer = query()
    // Before whoever sent it hears of it.
    if (text === 'commit') void (answer as Promise<unknown>).then(pass, () => {})
    return answer
  })
}

/** The method of every object of this kind calls `by` with the object, what the method does, and what it was given first. */
function replace<Kind extends object>(
  prototype: Kind,
  name: keyof Kind,
  by: (self: Kind, call: () => unknown, first: unknown) => unknown,
): void {
  const method: unknown = Reflect.get(prototype, name)
  if (typeof method !== 'function') throw new Error(`${String(name)} is no method`)
  function replaced(this: Kind, ...values: unknown[]): unknown {
    return by(this, () => Reflect.apply(method as () => unknown, this, values) as unknown, values[0])
  }
  Object.defineProperty(prototype, name, { value: replaced, writable: true, configurable: true })
}
