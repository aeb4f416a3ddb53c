import { statSync } from 'node:fs'
import type { ChainHead } from '@spark/core/audit/chain'
import type { Kysely } from 'kysely'
import type { Database } from '../sqlite/open-database.ts'
import { StorageError } from '../storage-error.ts'
import type { AuditIndexTables, AuditTables } from '../tables.ts'
import { readHead } from './audit-appender.ts'
import { tsOfLine } from './audit-event.ts'
import { auditFile, auditIndexFile, auditWriters, openAuditFileForReading, openAuditIndex } from './audit-files.ts'
import { entriesOf, type IndexEntry, type PageQuery } from './audit-index-query.ts'
import { comparePlaces } from './audit-query.ts'
import { copyOf, linesFrom } from './audit-segments.ts'
import { type FoundLine, type Tail, tailLines } from './audit-tail.ts'

/** Segments read in one query, and held until their lines are taken: each may be 1 MiB. */
const SEGMENTS_A_QUERY = 8

interface OpenFile<Tables> {
  database: Database<Tables>
  inode: number
}

/** All chains and their index, for reading. Blocks the calling thread; audit-reader.ts runs it in another one. */
export class AuditLog {
  readonly #dataDir: string
  readonly #chains = new Map<string, OpenFile<AuditTables>>()
  #index: OpenFile<AuditIndexTables> | null = null

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /** At most `limit` rows in order of place; the index and what is not indexed yet are read as one. */
  async page(query: PageQuery): Promise<FoundLine[]> {
    const { entries, watermarks } = await this.#indexed(query)
    const tails: Tail[] = []
    for (const writer of await auditWriters(this.#dataDir)) {
      const chain = await this.#chain(writer)
      if (chain !== null) tails.push({ writer, chain, watermark: watermarks.get(writer) ?? 0 })
    }
    const bound = entries.length === query.limit ? (entries.at(-1) ?? null) : null
    const tail = await tailLines(tails, query, bound)
    const sign = query.direction === 'asc' ? 1 : -1
    const merged = [...entries, ...tail].sort((a, b) => sign * comparePlaces(a, b)).slice(0, query.limit)
    return this.#withLines(merged)
  }

  /** At most `limit` rows behind the given sequence numbers: in order within a writer, by time between writers. */
  async since(positions: Readonly<Record<string, number>>, limit: number): Promise<FoundLine[]> {
    const found: { line: FoundLine; orderTs: number }[] = []
    for (const writer of await auditWriters(this.#dataDir)) {
      const chain = await this.#chain(writer)
      if (chain === null) continue
      let orderTs = 0
      for (const { seq, line } of await linesFrom(chain, writer, (positions[writer] ?? 0) + 1, limit)) {
        const ts = tsOfLine(line)
        orderTs = Math.max(orderTs, ts)
        found.push({ line: { ts, writer, seq, line }, orderTs })
      }
    }
    found.sort((a, b) => a.orderTs - b.orderTs || comparePlaces({ ...a.line, ts: 0 }, { ...b.line, ts: 0 }))
    return found.slice(0, limit).map(({ line }) => line)
  }

  /** The newest row of every writer. */
  async heads(): Promise<Record<string, ChainHead>> {
    const heads: Record<string, ChainHead> = {}
    for (const writer of await auditWriters(this.#dataDir)) {
      const chain = await this.#chain(writer)
      if (chain !== null) heads[writer] = await readHead(chain, writer)
    }
    return heads
  }

  async close(): Promise<void> {
    for (const { database } of this.#chains.values()) await database.close()
    this.#chains.clear()
    await this.#index?.database.close()
    this.#index = null
  }

  /** Entries and watermarks of one moment: read apart, a row indexed in between would be missing or double. */
  async #indexed(query: PageQuery): Promise<{ entries: IndexEntry[]; watermarks: Map<string, number> }> {
    const index = await this.#openIndex()
    if (index === null) return { entries: [], watermarks: new Map() }
    return index.db
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => {
        const watermarks = await trx.selectFrom('audit_watermark').selectAll().execute()
        const entries = await entriesOf(trx, query)
        return { entries, watermarks: new Map(watermarks.map(({ writer, seq }) => [writer, seq])) }
      })
  }

  async #withLines(rows: readonly (IndexEntry | FoundLine)[]): Promise<FoundLine[]> {
    const entries = rows.filter((row): row is IndexEntry => !('line' in row))
    const lines = new Map<IndexEntry, string>()
    for (const [writer, wanted] of Map.groupBy(entries, (entry) => entry.writer)) await this.#takeLines(writer, wanted, lines)
    return rows.map((row) => {
      if ('line' in row) return row
      const line = lines.get(row)
      if (line === undefined) {
        const path = auditFile(this.#dataDir, row.writer)
        throw new StorageError('corrupt', path, `row ${row.seq} is in the index and not in the audit`)
      }
      return { ts: row.ts, writer: row.writer, seq: row.seq, line }
    })
  }

  /** Adds the lines of `wanted` to `lines`; of the segments they are in, no more than one query's are held at a time. */
  async #takeLines(writer: string, wanted: readonly IndexEntry[], lines: Map<IndexEntry, string>): Promise<void> {
    const chain = await this.#chain(writer)
    if (chain === null) return
    const bySegment = Map.groupBy(wanted, (entry) => entry.first_seq)
    const firstSeqs = [...bySegment.keys()]
    for (let at = 0; at < firstSeqs.length; at += SEGMENTS_A_QUERY) {
      const segments = await chain
        .selectFrom('audit_segment')
        .select(['first_seq', 'body'])
        .where('writer', '=', writer)
        .where('first_seq', 'in', firstSeqs.slice(at, at + SEGMENTS_A_QUERY))
        .execute()
      for (const { first_seq: firstSeq, body } of segments) {
        const all = body.split('\n')
        for (const entry of bySegment.get(firstSeq) ?? []) {
          const line = all[entry.seq - firstSeq]
          if (line !== undefined) lines.set(entry, copyOf(line))
        }
      }
    }
  }

  /** Null while the file of a new writer has no table yet. */
  async #chain(writer: string): Promise<Kysely<AuditTables> | null> {
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

  /** Null while there is no index: everything is read from the chains then. */
  async #openIndex(): Promise<Database<AuditIndexTables> | null> {
    const inode = statSync(auditIndexFile(this.#dataDir), { throwIfNoEntry: false })?.ino
    if (this.#index !== null && this.#index.inode === inode) return this.#index.database
    await this.#index?.database.close()
    this.#index = null
    if (inode === undefined) return null
    const database = await openAuditIndex(this.#dataDir, { readOnly: true })
    if (!(await hasTable(database, 'audit_watermark'))) {
      await database.close()
      return null
    }
    this.#index = { database, inode }
    return database
  }
}

async function hasTable<Tables>({ db }: Database<Tables>, name: string): Promise<boolean> {
  return (await db.introspection.getTables()).some((table) => table.name === name)
}
