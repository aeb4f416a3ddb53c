import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/** Of Kysely, where it keeps what was done. */
export const MIGRATION_TABLE = 'kysely_migration'

/** Tables that are brought to the newest migration together. */
export interface Schema {
  /** Where it is kept what was done: one for each schema in a database. */
  table: string
  migrations: Record<string, Migration>
}

/**
 * Brings the schema to the newest migration, all of it or nothing. Processes that start at the same time take turns.
 * Rejects with the error of the step that failed, or when the file was written by a newer Spark. Another `table` is another schema in the same database.
 */
export async function migrate<Tables>(
  db: Kysely<Tables>,
  migrations: Record<string, Migration>,
  table = MIGRATION_TABLE,
): Promise<void> {
  const tables = { migrationTableName: table, migrationLockTableName: `${table}_lock` }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations }, ...tables })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}
