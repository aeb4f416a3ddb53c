import { type Kysely, sql } from 'kysely'

/**
 * Rows of `table` can be added and read, never changed or removed; REPLACE counts as a removal, because connections set
 * recursive_triggers. It stops mistakes; whoever can write the file can drop a trigger, which is what the hash chain is for.
 */
export async function forbidChange(db: Kysely<unknown>, table: string): Promise<void> {
  for (const event of ['update', 'delete'] as const) {
    const message = sql.lit(`${table} is append-only`)
    await sql`create trigger ${sql.id(`${table}_no_${event}`)} before ${sql.raw(event)} on ${sql.id(table)}
      begin select raise(abort, ${message}); end`.execute(db)
  }
}
