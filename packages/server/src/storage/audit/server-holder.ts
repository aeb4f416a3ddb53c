import { hostname } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { readOrCreate } from '../../key-file.ts'
import { systemRandomness } from '../../random.ts'
import { StorageError } from '../storage-error.ts'
import type { AuditLocation } from './audit-location.ts'
import { openServer } from './server-audit.ts'

/** By the clock of the server, which all hosts share. */
export const NOW_MS = sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`

/** Who has a chain: host and data folder. */
export async function holderOf({ dataDir }: AuditLocation): Promise<string> {
  return `${hostname()}:${await folderId(dataDir)}`
}

export function heldElsewhere(name: string, writer: string): StorageError {
  return new StorageError('locked', name, `another host or data folder writes the audit chain "${writer}"`)
}

/** Rejects with StorageError `locked` when a process of another host or data folder holds one of these chains now. */
export async function refuseHeldElsewhere(url: string, location: AuditLocation, writers: readonly string[]): Promise<void> {
  const audit = await openServer(url, location.durability ?? 'full')
  try {
    const held = await audit.db
      .selectFrom('audit_chain')
      .select('writer')
      .where('writer', 'in', writers)
      .where('holder', '<>', await holderOf(location))
      .where('held_until', '>=', NOW_MS)
      .orderBy('writer')
      .executeTakeFirst()
    if (held !== undefined) throw heldElsewhere(audit.name, held.writer)
  } finally {
    await audit.close()
  }
}

/** Tells a data folder from one of the same path on a host of the same name, as pods and cloned machines have. */
function folderId(dataDir: string): Promise<string> {
  return readOrCreate(join(dataDir, 'audit', 'folder-id'), () => systemRandomness.secret(12))
}
