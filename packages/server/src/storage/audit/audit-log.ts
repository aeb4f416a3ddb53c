import type { ChainHead } from '@spark/core/audit/chain'
import { StorageError } from '../storage-error.ts'
import { readHead } from './audit-appender.ts'
import { tsOfLine } from './audit-event.ts'
import { entriesOf, type IndexEntry, type PageQuery } from './audit-index-query.ts'
import { comparePlaces } from './audit-query.ts'
import { copyOf, linesFrom } from './audit-segments.ts'
import type { AuditSource } from './audit-source.ts'
import { type FoundLine, type Tail, tailLines } from './audit-tail.ts'

/** Segments read in one query, and held until their lines are taken: each may be 1 MiB. */
const SEGMENTS_A_QUERY = 8

/** All chains and their index, for reading. On files it blocks the calling thread; audit-reader.ts runs it in another one. */
export class AuditLog {
  readonly #source: AuditSource

  constructor(source: AuditSource) {
    this.#source = source
  }

  /** At most `limit` rows in order of place; the index and what is not indexed yet are read as one. */
  async page(query: PageQuery): Promise<FoundLine[]> {
    try {
      return await this.#pageNow(query)
    } catch (error) {
      // Retention removes entries, then rows: what it took in between is not named a second time.
      if (error instanceof StorageError && error.reason === 'corrupt') return this.#pageNow(query)
      throw error
    }
  }

  async #pageNow(query: PageQuery): Promise<FoundLine[]> {
    const { entries, watermarks } = await this.#indexed(query)
    const tails: Tail[] = []
    for (const writer of await this.#source.writers()) {
      const chain = await this.#source.chain(writer)
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
    for (const writer of await this.#source.writers()) {
      const chain = await this.#source.chain(writer)
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
    for (const writer of await this.#source.writers()) {
      const chain = await this.#source.chain(writer)
      if (chain !== null) heads[writer] = (await this.#source.recordedHead(writer)) ?? (await readHead(chain, writer))
    }
    return heads
  }

  close(): Promise<void> {
    return this.#source.close()
  }

  /** Entries and watermarks of one moment: read apart, a row indexed in between would be missing or double. */
  async #indexed(query: PageQuery): Promise<{ entries: IndexEntry[]; watermarks: Map<string, number> }> {
    const index = await this.#source.index()
    if (index === null) return { entries: [], watermarks: new Map() }
    return index
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
        throw new StorageError('corrupt', this.#source.placeOf(row.writer), `row ${row.seq} is in the index and not in the audit`)
      }
      return { ts: row.ts, writer: row.writer, seq: row.seq, line }
    })
  }

  /** Adds the lines of `wanted` to `lines`; of the segments they are in, no more than one query's are held at a time. */
  async #takeLines(writer: string, wanted: readonly IndexEntry[], lines: Map<IndexEntry, string>): Promise<void> {
    const chain = await this.#source.chain(writer)
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
}
