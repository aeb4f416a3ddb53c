import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { ChainHead } from '@spark/core/audit/chain'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../sqlite/open-database.ts'
import { databaseName } from '../postgres-url.ts'
import type { AuditIndexTables, AuditTables } from '../tables.ts'
import { WRITER_PATTERN } from './audit-event.ts'
import { auditFile, auditIndexFile, auditWriters, openAuditFileForReading, openAuditIndex } from './audit-files.ts'
import { type AuditLocation, auditUrl, openServerAudit } from './audit-location.ts'
import type { ServerAudit } from './server-audit.ts'

/** Where chains and their index are read. */
export interface AuditSource {
  /** Whether each chain has a place of its own, in which nothing of another writer may stand. */
  readonly apart: boolean
  /** Of all writers that have a chain, sorted. */
  writers(): Promise<string[]>
  /** Null while the file of a new writer has no table yet. */
  chain(writer: string): Promise<Kysely<AuditTables> | null>
  /** Null while there is none: everything is read from the chains then. */
  index(): Promise<Kysely<AuditIndexTables> | null>
  /** Where the chain should end by a record beside it; null: there is none. */
  recordedHead(writer: string): Promise<ChainHead | null>
  /** Writers of segments that have no chain. */
  strangers(): Promise<string[]>
  /** For messages. */
  placeOf(writer: string): string
  close(): Promise<void>
}

/** Nothing is opened before it is asked for. */
export function openAuditSource(location: AuditLocation): AuditSource {
  const url = auditUrl(location)
  return url === null ? new FileSource(location.dataDir) : new ServerSource(url, location)
}

/** For messages: where the chain of a writer lies, or all of them. */
export function auditPlace(location: AuditLocation, writer: string | null): string {
  const url = auditUrl(location)
  if (url !== null) return databaseName(url)
  return writer === null ? join(location.dataDir, 'audit') : auditFile(location.dataDir, writer)
}

interface OpenFile<Tables> {
  database: Database<Tables>
  inode: number
}

/** Files that may appear, go and be replaced meanwhile. Blocks the calling thread. */
class FileSource implements AuditSource {
  readonly apart = true
  readonly #dataDir: string
  readonly #chains = new Map<string, OpenFile<AuditTables>>()
  #index: OpenFile<AuditIndexTables> | null = null

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  writers(): Promise<string[]> {
    return auditWriters(this.#dataDir)
  }

  async recordedHead(): Promise<null> {
    return null
  }

  /** Of those in the file of another one verifyWriter tells. */
  async strangers(): Promise<string[]> {
    return []
  }

  placeOf(writer: string): string {
    return auditFile(this.#dataDir, writer)
  }

  async chain(writer: string): Promise<Kysely<AuditTables> | null> {
    const inode = statSync(auditFile(this.#dataDir, writer), { throwIfNoEntry: false })?.ino
    const known = this.#chains.get(writer)
    if (known !== undefined && known.inode === inode) return known.database.db
    await known?.database.close()
    this.#chains.delete(writer)
    const database = await openAuditFileForReading(this.#dataDir, writer)
    if (!(await hasTable(database, 'audit_segment'))) {
      await database.close()
      return null
    }
    this.#chains.set(writer, { database, inode: inode ?? 0 })
    return database.db
  }

  async index(): Promise<Kysely<AuditIndexTables> | null> {
    const inode = statSync(auditIndexFile(this.#dataDir), { throwIfNoEntry: false })?.ino
    if (this.#index !== null && this.#index.inode === inode) return this.#index.database.db
    await this.#index?.database.close()
    this.#index = null
    if (inode === undefined) return null
    const database = await openAuditIndex(this.#dataDir, { readOnly: true })
    if (!(await hasTable(database, 'audit_watermark'))) {
      await database.close()
      return null
    }
    this.#index = { database, inode }
    return database.db
  }

  async close(): Promise<void> {
    for (const { database } of this.#chains.values()) await database.close()
    this.#chains.clear()
    await this.#index?.database.close()
    this.#index = null
  }
}

class ServerSource implements AuditSource {
  readonly apart = false
  readonly #url: string
  readonly #location: AuditLocation
  #audit: Promise<ServerAudit> | null = null

  constructor(url: string, location: AuditLocation) {
    this.#url = url
    this.#location = location
  }

  async writers(): Promise<string[]> {
    const { db } = await this.#open()
    const rows = await db.selectFrom('audit_chain').select('writer').orderBy('writer').execute()
    return rows.map(({ writer }) => writer).filter((writer) => WRITER_PATTERN.test(writer))
  }

  async chain(): Promise<Kysely<AuditTables>> {
    return (await this.#open()).db
  }

  async index(): Promise<Kysely<AuditIndexTables>> {
    return (await this.#open()).db
  }

  async recordedHead(writer: string): Promise<ChainHead | null> {
    const { db } = await this.#open()
    const row = await db.selectFrom('audit_chain').select(['seq', 'hash']).where('writer', '=', writer).executeTakeFirst()
    return row ?? null
  }

  /** From one writer to the next by the primary key: there are few of them, and very many segments. */
  async strangers(): Promise<string[]> {
    const { db } = await this.#open()
    const { rows } = await sql<{ writer: string }>`with recursive found (writer) as (
        select min(writer) from audit_segment
        union all select (select min(writer) from audit_segment where writer > found.writer) from found where writer is not null)
      select writer from found where writer is not null and writer not in (select writer from audit_chain)`.execute(db)
    return rows.map(({ writer }) => writer)
  }

  placeOf(writer: string): string {
    return auditPlace(this.#location, writer)
  }

  async close(): Promise<void> {
    await (await this.#audit)?.close()
  }

  /** Tried again when the server could not be reached. */
  #open(): Promise<ServerAudit> {
    this.#audit ??= openServerAudit(this.#url, this.#location).catch((error: unknown) => {
      this.#audit = null
      throw error
    })
    return this.#audit
  }
}

async function hasTable<Tables>({ db }: Database<Tables>, name: string): Promise<boolean> {
  return (await db.introspection.getTables()).some((table) => table.name === name)
}
