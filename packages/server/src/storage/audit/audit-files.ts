import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AUDIT_INDEX_MIGRATIONS, AUDIT_MIGRATIONS } from '../migrations/audit-migrations.ts'
import { type Database, openDatabase } from '../sqlite/open-database.ts'
import type { AuditIndexTables, AuditTables } from '../tables.ts'
import { WRITER_PATTERN } from './audit-event.ts'

export function auditFile(dataDir: string, writer: string): string {
  if (!WRITER_PATTERN.test(writer)) throw new TypeError(`audit writer "${writer}" must match ${WRITER_PATTERN.source}`)
  return join(dataDir, 'audit', `${writer}.db`)
}

export function auditIndexFile(dataDir: string): string {
  return join(dataDir, 'audit-index.db')
}

/** Names of all writers that have a file, sorted. */
export async function auditWriters(dataDir: string): Promise<string[]> {
  let names: string[]
  try {
    names = await readdir(join(dataDir, 'audit'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  return names
    .filter((name) => name.endsWith('.db'))
    .map((name) => name.slice(0, -3))
    .filter((name) => WRITER_PATTERN.test(name))
    .sort()
}

/** How long a commit waits for another process that holds the file, before its events are refused. */
const APPEND_BUSY_TIMEOUT_MS = 2_000
/** Blocks the calling thread: for worker threads, short commands and tests. */
export async function openAuditFile(dataDir: string, writer: string): Promise<Database<AuditTables>> {
  const path = auditFile(dataDir, writer)
  await mkdir(join(dataDir, 'audit'), { recursive: true, mode: 0o700 })
  return openDatabase<AuditTables>({
    path,
    thread: false,
    busyTimeoutMs: APPEND_BUSY_TIMEOUT_MS,
    migrations: AUDIT_MIGRATIONS,
  })
}

export function openAuditFileForReading(dataDir: string, writer: string): Promise<Database<AuditTables>> {
  return openDatabase<AuditTables>({ path: auditFile(dataDir, writer), thread: false, readOnly: true })
}

/** The index is built from the audit, so its commits need not wait for the disk. */
export function openAuditIndex(
  dataDir: string,
  mode: { readOnly: true } | { busyTimeoutMs: number },
): Promise<Database<AuditIndexTables>> {
  const migrations = 'readOnly' in mode ? {} : { migrations: AUDIT_INDEX_MIGRATIONS }
  return openDatabase<AuditIndexTables>({
    path: auditIndexFile(dataDir),
    thread: false,
    durability: 'rebuildable',
    ...mode,
    ...migrations,
  })
}
