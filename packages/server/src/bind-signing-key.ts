import type { Kysely } from 'kysely'
import type { Clock } from './clock.ts'
import { ConfigError, type Config } from './config.ts'
import { openSigningKey, publicKeyFile } from './storage/audit/signing-key.ts'
import { createInstallationStore } from './storage/installation-store.ts'
import { isPostgresUrl } from './storage/postgres-url.ts'
import type { MainTables } from './storage/tables.ts'

/**
 * Hosts that share a server sign its audit with one key: with another one every checkpoint of the others would count as forged. The
 * first start says which. Rejects with ConfigError. In files each folder has its own audit, and its own key.
 */
export async function bindSigningKey(
  { signingKeyFile, databasePath }: Pick<Config, 'signingKeyFile' | 'databasePath'>,
  db: Kysely<MainTables>,
  clock: Pick<Clock, 'nowMs'>,
): Promise<void> {
  if (!isPostgresUrl(databasePath)) return
  const { publicKey } = await openSigningKey(signingKeyFile)
  if ((await createInstallationStore(db).bindSigningKey(publicKey, clock.nowMs())) === publicKey) return
  throw new ConfigError([
    `${signingKeyFile} is not the key that signs the audit in this database; put signing.key and signing.pub of the host that was started first in place of it and ${publicKeyFile(signingKeyFile)}`,
  ])
}
