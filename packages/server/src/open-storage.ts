import { schemaHash } from '@spark/core/signal/feature-row'
import { bindSigningKey } from './bind-signing-key.ts'
import { startCheckpoints } from './checkpoints.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { EXIT_CONFIG, type ProcessLife } from './process-life.ts'
import { localName } from './process-name.ts'
import { sha256 } from './sha256.ts'
import type { AuditEnd } from './storage/audit/audit-batch.ts'
import type { AuditWriter } from './storage/audit/audit-event.ts'
import { auditOf, READ_TIMEOUT_MS } from './storage/audit/audit-location.ts'
import { openAuditReader } from './storage/audit/audit-reader.ts'
import { openAuditWriter } from './storage/audit/audit-writer.ts'
import { lockWriter } from './storage/audit/writer-lock.ts'
import { openMainDatabase, type MainDatabase } from './storage/open-main-database.ts'
import { createStorageHealth, type StorageHealth } from './storage-health.ts'

/** One connection serves reads and writes: a longer wait for a lock would hold up public/* beyond its second. */
const BUSY_TIMEOUT_MS = 400

/** Of a server: what is silent for longer is away. Everything resumes within 5 s of its return, so nothing may wait for longer. */
const STATEMENT_TIMEOUT_MS = 2_500

/** What a process needs of its storage, whoever composes it. */
export interface ProcessParts {
  config: Config
  clock: Clock
  log: Log
  life: Pick<ProcessLife, 'onStop' | 'stop'>
}

export interface OpenStorage {
  database: MainDatabase
  audit: AuditWriter
  storageHealth: () => Promise<StorageHealth>
  /** The first row of a process in its chain, and from now on a signed checkpoint a minute. Call when everything is in place. */
  announceStart: (context: Record<string, unknown>) => Promise<void>
}

/** Main database and audit chain `writer` of one process, closed in reverse when it stops. Rejects with StorageError. */
export async function openStorage(
  parts: ProcessParts,
  options: { writer: string; busyTimeoutMs?: number },
): Promise<OpenStorage> {
  const { config, clock, log, life } = parts
  const { dataDir, version, buildSha } = config
  const { writer, busyTimeoutMs = BUSY_TIMEOUT_MS } = options
  // A folder has one process of a kind, however its host is called.
  const releaseLock = lockWriter(dataDir, localName(writer))
  life.onStop('writer lock', releaseLock)
  const onFatal = (error: Error, why: AuditEnd) => {
    log.fatal({ err: error }, 'the audit chain cannot be continued')
    // Rows that are gone do not come back by a restart, and with them orders may be: a person looks first.
    life.stop('audit', why === 'lost' ? EXIT_CONFIG : 1)
  }
  // Each opens a thread that loads its own code: all at once, so that a restart takes as long as the slowest.
  const opened = <Part extends { close(): Promise<void> }>(name: string, part: Part): Part => {
    life.onStop(name, () => part.close())
    return part
  }
  const [database, audit] = await Promise.all([
    openMainDatabase({
      path: config.databasePath,
      thread: true,
      busyTimeoutMs,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    }).then((part) => opened('main database', part)),
    openAuditWriter({ ...auditOf(config), writer, clock, onFatal }).then((part) => opened('audit', part)),
  ])
  await bindSigningKey(config, database.db, clock)
  return {
    database,
    audit,
    storageHealth: createStorageHealth(async () => {
      await Promise.all([audit.probe(), database.probe()])
    }, clock),
    async announceStart(context) {
      await audit.append({
        action: 'process.start',
        actor: writer,
        result: 'ok',
        context: { version, buildSha, schemaHash: schemaHash(sha256), ...context },
      })
      // Only heads are read: a few index look-ups a minute, not worth a thread.
      const auditReader = openAuditReader({ ...auditOf(config), statementTimeoutMs: READ_TIMEOUT_MS, thread: false })
      life.onStop('checkpoint reader', () => auditReader.close())
      life.onStop('checkpoints', await startCheckpoints({ config, db: database.db, auditReader, clock, log }))
    },
  }
}
