import { CompiledQuery, type Kysely } from 'kysely'
import type { AuditIndexTables, AuditTables } from '../tables.ts'
import { HIDDEN_ACTIONS } from '@spark/contract/hidden-actions'
import { recordOfLine } from './audit-event.ts'
import { type AuditLocation } from './audit-location.ts'
import { type IndexPlace, openIndexPlace } from './audit-index-place.ts'
import { openAuditSource } from './audit-source.ts'
import { type ChainLine, linesFrom } from './audit-segments.ts'

/** Rows an insert: compiling one of 50 costs more than storing it, so the text is kept. */
const INSERT_ROWS = 50

/** Brings the index up to one chain, a bounded step at a time. Opens the index when first needed, anew when it was deleted. */
export class AuditIndexer {
  readonly #index: IndexPlace
  readonly #writer: string
  readonly #chain: Kysely<AuditTables>
  #watermark = 0
  /** By number of rows: compiling a statement of 50 rows costs more than storing them. */
  readonly #insertSql: Record<number, string> = {}

  constructor(index: IndexPlace, writer: string, chain: Kysely<AuditTables>) {
    this.#index = index
    this.#writer = writer
    this.#chain = chain
  }

  /** Every row up to this one was seen in the index. */
  get watermark(): number {
    return this.#watermark
  }

  /** Indexes at most `limit` rows and resolves with how many. Rejects when the index is busy or cannot be written: try again later. */
  async step(limit: number): Promise<number> {
    const { db, anew } = await this.#index.open()
    if (anew) this.#watermark = await readWatermark(db, this.#writer)
    const lines = await linesFrom(this.#chain, this.#writer, this.#watermark + 1, limit)
    const last = lines.at(-1)
    if (last === undefined) return 0
    // Somebody else may index the same rows at the same time: what is there by then is left alone.
    await db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        const watermark = await readWatermark(trx, this.#writer)
        const entries = lines.filter(({ seq }) => seq > watermark).map((found) => this.#entry(found))
        for (let at = 0; at < entries.length;) {
          const rows = entries.length - at >= INSERT_ROWS ? INSERT_ROWS : 1
          this.#insertSql[rows] ??= insertEntriesSql(trx, rows)
          const values = entries.slice(at, at + rows).flat()
          await trx.executeQuery(CompiledQuery.raw(this.#insertSql[rows], values))
          at += rows
        }
        if (watermark < last.seq) await raiseWatermark(trx, this.#writer, last.seq)
      })
    this.#watermark = last.seq
    return lines.length
  }

  close(): Promise<void> {
    return this.#index.close()
  }

  #entry({ seq, firstSeq, line }: ChainLine): (string | number | null)[] {
    const { ts, action, strategyId, traceId } = recordOfLine(line)
    return [ts, this.#writer, seq, firstSeq, action, HIDDEN_ACTIONS.includes(action) ? 1 : 0, strategyId, traceId]
  }
}

const CATCH_UP_BUSY_TIMEOUT_MS = 5_000
/** 27 µs a row where steps of 250 take 45: rows of one step share the pages of the index. No append waits for it. */
const CATCH_UP_STEP_ROWS = 1_000

/** Indexes what every chain has that the index lacks, also of writers that no longer run. Blocks the calling thread. */
export async function catchUpAuditIndex(location: AuditLocation): Promise<{ rows: number }> {
  const source = openAuditSource(location)
  let rows = 0
  try {
    for (const writer of await source.writers()) {
      const chain = await source.chain(writer)
      if (chain === null) continue
      const indexer = new AuditIndexer(await openIndexPlace(location, CATCH_UP_BUSY_TIMEOUT_MS), writer, chain)
      try {
        for (let done = 1; done > 0; rows += done) done = await indexer.step(CATCH_UP_STEP_ROWS)
      } finally {
        await indexer.close()
      }
    }
  } finally {
    await source.close()
  }
  return { rows }
}

export async function readWatermark(db: Kysely<AuditIndexTables>, writer: string): Promise<number> {
  const row = await db.selectFrom('audit_watermark').select('seq').where('writer', '=', writer).executeTakeFirst()
  return row?.seq ?? 0
}

/** Rows up to this one need no entry any more. */
export async function raiseWatermark(db: Kysely<AuditIndexTables>, writer: string, seq: number): Promise<void> {
  await db
    .insertInto('audit_watermark')
    .values({ writer, seq })
    .onConflict((conflict) => conflict.column('writer').doUpdateSet({ seq }).where('audit_watermark.seq', '<', seq))
    .execute()
}

function insertEntriesSql(db: Kysely<AuditIndexTables>, rows: number): string {
  const row = { ts: 0, writer: '', seq: 0, first_seq: 0, action: '', hidden: 0, strategy_id: '', trace_id: '' }
  return db
    .insertInto('audit_entry')
    .values(Array.from({ length: rows }, () => row))
    .onConflict((conflict) => conflict.doNothing())
    .compile().sql
}
