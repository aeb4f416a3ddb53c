import { isPostgresUrl } from '../postgres-url.ts'
import type { ServerAudit } from './server-audit.ts'

/** Where the audit lies: in files of the data folder, or in the main database when that is a server. */
export interface AuditLocation {
  dataDir: string
  /** Of the main database; default a file in the data folder. */
  databasePath?: string
  /** `rebuildable`: the server may be one that flushes nothing to disk. Default `full`. */
  durability?: 'full' | 'rebuildable'
}

/** Where that of an installation lies. */
export function auditOf({ dataDir, databasePath }: Required<Pick<AuditLocation, 'dataDir' | 'databasePath'>>): AuditLocation {
  return { dataDir, databasePath }
}

/** Null: it lies in files. */
export function auditUrl({ databasePath = '' }: AuditLocation): string | null {
  return isPostgresUrl(databasePath) ? databasePath : null
}

/** Opens the audit in a server, making its tables as needed. Its code is loaded only here. */
export async function openServerAudit(url: string, { durability = 'full' }: AuditLocation): Promise<ServerAudit> {
  const { openServer } = await import('./server-audit.ts')
  return openServer(url, durability)
}
