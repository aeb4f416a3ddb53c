import type { Kysely } from 'kysely'
import { AUDIT_SCHEMA } from '../migrations/postgres-schemas.ts'
import { openPostgres } from '../postgres/open-postgres.ts'
import { databaseName } from '../postgres-url.ts'
import type { AuditIndexTables, AuditTables, StorageProbeRow } from '../tables.ts'

/** Where the chain of a writer ends, and who may go on. */
interface AuditChainRow {
  writer: string
  /** Grows with each process that takes the chain over; who has an older one can append nothing. */
  fence: number
  /** Host and data folder of who has it. */
  holder: string
  /** Until then nobody from elsewhere takes it over, ms by the clock of the server. */
  held_until: number
  seq: number
  hash: string
}

export interface ServerAuditTables extends Omit<AuditTables, 'storage_probe'>, AuditIndexTables {
  audit_chain: AuditChainRow
  storage_probe: StorageProbeRow
}

/** All chains and their index, in one database. */
export interface ServerAudit {
  db: Kysely<ServerAuditTables>
  /** The database, for messages. */
  name: string
  close(): Promise<void>
}

/** How long a commit waits for another process, before its events are refused. */
const LOCK_TIMEOUT_MS = 2_000

export async function openServer(
  url: string,
  durability: 'full' | 'rebuildable',
  statementTimeoutMs?: number,
): Promise<ServerAudit> {
  const database = await openPostgres<ServerAuditTables>({
    url,
    durability,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    ...(statementTimeoutMs !== undefined && { statementTimeoutMs }),
    // Each writer has its own chain: nobody needs to wait for another.
    writing: 'beside',
    schemas: [AUDIT_SCHEMA],
  })
  return { ...database, name: databaseName(url) }
}
