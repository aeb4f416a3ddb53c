import { join } from 'node:path'
import { inject } from 'vitest'
import { type MainDatabase, openMainDatabase } from './open-main-database.ts'
import { temporaryPostgres } from './postgres/postgres-database-fixture.ts'
import { temporaryFolder } from './temporary-folder.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What main databases of this project of vitest stand on: vitest.config.ts. */
    onPostgres: boolean
  }
}

/** Whether main databases of these tests stand on PostgreSQL. */
export const onPostgres = (): boolean => inject('onPostgres')

/** For tests: opens a new main database, on what the project of vitest says. It is gone when it is closed or the test has ended. */
export async function openTestDatabase(): Promise<MainDatabase> {
  const place = onPostgres() ? await temporaryPostgres() : { path: join(temporaryFolder(), 'spark.db'), free: () => {} }
  const database = await openMainDatabase({ path: place.path, thread: false, durability: 'rebuildable' })
  return {
    ...database,
    async close() {
      await database.close()
      place.free()
    },
  }
}

/** Those of data folders, until their tests have ended. */
const ofFolders = new Map<string, string>()

/** For tests: likewise that of a data folder, which whoever opens it again finds as it was left. `thread`: of a file. */
export async function openFolderDatabase(folder: string, thread: boolean): Promise<MainDatabase> {
  if (!onPostgres()) return openMainDatabase({ path: join(folder, 'spark.db'), thread })
  const path = ofFolders.get(folder) ?? (await temporaryPostgres()).path
  ofFolders.set(folder, path)
  return openMainDatabase({ path, thread, durability: 'rebuildable' })
}
