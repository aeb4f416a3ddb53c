import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../clock.ts'
import { onPostgres } from '../main-database-fixture.ts'
import { temporaryPostgres } from '../postgres/postgres-database-fixture.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { AuditAppender } from './audit-appender.ts'
import { type AuditEvent, auditLine, type AuditWriter, tsOfLine } from './audit-event.ts'
import { auditFile } from './audit-files.ts'
import { type AuditLocation, auditUrl } from './audit-location.ts'
import { type AuditReader, openAuditReader } from './audit-reader.ts'
import { type AuditWriterOptions, openAuditWriter } from './audit-writer.ts'
import { ServerAppender } from './server-appender.ts'

/** For the tests of the audit: where it lies, and everything that is opened in it closes with the test. */
export interface AuditHouse {
  dataDir: string
  location: AuditLocation
  openWriter: (writer: string, options?: Partial<AuditWriterOptions>) => Promise<AuditWriter>
  openReader: (options?: { thread: boolean }) => Promise<AuditReader>
}

export async function auditHouse(): Promise<AuditHouse> {
  const location = await auditLocation()
  const { dataDir } = location
  return {
    dataDir,
    location,
    async openWriter(writer, options = {}) {
      const opened = await openAuditWriter({ ...location, writer, clock: systemClock, ...options })
      onTestFinished(() => opened.close())
      return opened
    },
    async openReader(options = { thread: false }) {
      const reader = openAuditReader({ ...location, ...options })
      onTestFinished(() => reader.close())
      return reader
    },
  }
}

/** A new one, on what the project of vitest says. */
export async function auditLocation(): Promise<AuditLocation> {
  const dataDir = temporaryFolder()
  return onPostgres() ? { dataDir, databasePath: (await temporaryPostgres()).path, durability: 'rebuildable' } : { dataDir }
}

export function event(overrides: Partial<AuditEvent> = {}): AuditEvent {
  return {
    action: 'ml.score',
    actor: 'test',
    strategyId: 's-1',
    traceId: 't-1',
    result: 'ok',
    context: { score: 0.5 },
    ...overrides,
  }
}

/** Writes segments straight into a chain, without a thread and without the index. */
export async function appendSegments(location: AuditLocation, writer: string, segments: readonly AuditEvent[][]): Promise<void> {
  const url = auditUrl(location)
  mkdirSync(join(location.dataDir, 'audit'), { recursive: true })
  const appender = await (url === null
    ? AuditAppender.open(location.dataDir, writer, false)
    : ServerAppender.open(url, location, writer, false))
  for (const events of segments) {
    if (events.length === 0) continue
    const lines = events.map((item) => auditLine(item, 0))
    const times = lines.map(tsOfLine)
    await appender.append({ body: lines.join('\n'), firstTs: Math.min(...times), lastTs: Math.max(...times) })
  }
  await appender.close()
}

/** Changes a chain as someone with the file in hand would: without triggers. */
export function tamper(dataDir: string, writer: string, sql: string): void {
  const database = new DatabaseSync(auditFile(dataDir, writer))
  database.exec('drop trigger if exists audit_segment_no_update; drop trigger if exists audit_segment_no_delete')
  database.exec(sql)
  database.close()
}
