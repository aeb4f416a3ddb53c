import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bindSigningKey } from './bind-signing-key.ts'
import { ManualClock } from './clock.ts'
import { ConfigError } from './config.ts'
import { openTestDatabase } from './storage/main-database-fixture.ts'
import { temporaryFolder } from './storage/temporary-folder.ts'

const keyOf = (folder: string) => join(folder, 'signing.key')

it('hosts that share a server sign with the key of the first; in files each folder has its own', async () => {
  const database = await openTestDatabase()
  const [first, other] = [temporaryFolder(), temporaryFolder()]
  const start = (folder: string, databasePath = 'postgres://db.example/spark') =>
    bindSigningKey({ signingKeyFile: keyOf(folder), databasePath }, database.db, new ManualClock(0))
  await start(other, join(other, 'spark.db'))
  await start(first)
  await start(first)
  const refused = await start(other).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ConfigError)
  expect((refused as ConfigError).problems[0]).toContain(`${keyOf(other)} is not the key that signs the audit in this database`)
  await database.close()
})
