import { isPostgresUrl } from '../postgres-url.ts'
import type { ServerAudit } from './server-audit.ts'

/** Where the audit lies: in files of the data folder, or in the main database when that is a server. */
export interface AuditLocation {
  dataDir: string
  /** Of the main database; default a file in the data folder. */
  databasePath?: string
  /** `rebuildable`: the server may be one that flushes nothing to disk. Default `full`. */
  durability?: 'full' | 'rebuildable'
  /** Of a server: a statement that takes longer is given up, as is a server that does not answer. Default 30,000. */
  statementTimeoutMs?: number
}

/** For those whom somebody waits for; shorter than what they wait. */
export const READ_TIMEOUT_MS = 4_000

/** Where that of an installation lies. */
export function auditOf({ dataDir, databasePath }: Required<Pick<AuditLocation, 'dataDir' | 'databasePath'>>): AuditLocation {
  return { dataDir, databasePath }
}

/** Null: it lies in files. */
export function auditUrl({ databasePath = '' }: AuditLocation): string | null {
  return isPostgresUrl(databasePath) ? databasePath : null
}

/** Rejects with StorageError `locked` when one of these writers runs on another host or data folder; in files their locks say it. */
export async function refuseHeldElsewhere(location: AuditLocation, writers: readonly string[]): Promise<void> {
  const url = auditUrl(location)
  if (url === null) return
  const holders = await import('./server-holder.ts')
  await holders.refuseHeldElsewhere(url, location, writers)
}

/** Opens the audit in a server, making its tables as needed. Its code is loaded only here. */
export async function openServerAudit(
  url: string,
  { durability = 'full', statementTimeoutMs }: AuditLocation,
): Promise<ServerAudit> {
  const { openServer } = await import('./server-audit.ts')
  return openServer(url, durability, statementTimeoutMs)
}
