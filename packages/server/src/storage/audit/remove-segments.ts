import type { ChainHead } from '@spark/core/audit/chain'
import { type Kysely, sql } from 'kysely'
import { forbidChange } from '../migrations/forbid-change.ts'
import type { AuditSegmentRow, AuditTables } from '../tables.ts'
import { openAuditFile } from './audit-files.ts'
import { IndexFile } from './audit-index-place.ts'
import { raiseWatermark } from './audit-indexer.ts'

/** A segment has at most 1 MiB: whoever appends waits for a batch, and that takes a few ms. */
const BATCH_SEGMENTS = 8
const INDEX_BUSY_TIMEOUT_MS = 5_000

type Removed = Pick<AuditSegmentRow, 'first_seq' | 'last_seq' | 'first_ts' | 'last_ts'>

/**
 * Where the segments of a chain in a file end that end before or at `seq`; null: nowhere. The newest one stays. Looks at no segment behind
 * `seq`: there may be millions. Blocks its thread.
 */
export async function dueSegments(dataDir: string, writer: string, seq: number): Promise<ChainHead | null> {
  const chain = await openAuditFile(dataDir, writer)
  try {
    const segments = chain.db.selectFrom('audit_segment').where('writer', '=', writer).orderBy('first_seq', 'desc').limit(1)
    const newest = await segments.select('first_seq').executeTakeFirst()
    const last = await segments
      .select(['last_seq', 'hashes'])
      .where('first_seq', '<=', Math.min(seq, (newest?.first_seq ?? 0) - 1))
      .where('last_seq', '<=', seq)
      .executeTakeFirst()
    return last === undefined ? null : { seq: last.last_seq, hash: last.hashes.split('\n').at(-1) ?? '' }
  } finally {
    await chain.close()
  }
}

/**
 * Removes the segments of a chain in a file that end before or at `seq`, the oldest first, and their entries before them: the index never
 * names a row that is not there. Resolves with how many rows. Their pages are used again; the file does not shrink. Blocks its thread.
 */
export async function removeSegments(dataDir: string, writer: string, seq: number): Promise<number> {
  const chain = await openAuditFile(dataDir, writer)
  const index = new IndexFile(dataDir, INDEX_BUSY_TIMEOUT_MS)
  let rows = 0
  try {
    for (;;) {
      const batch = await oldest(chain.db, writer, seq)
      if (batch.length === 0) return rows
      await removeEntries(index, writer, batch)
      await chain.db.transaction().execute((trx) => removeBatch(trx, writer, batch))
      for (const one of batch) rows += one.last_seq - one.first_seq + 1
    }
  } finally {
    await index.close()
    await chain.close()
  }
}

function oldest(db: Kysely<AuditTables>, writer: string, seq: number): Promise<Removed[]> {
  return (
    db
      .selectFrom('audit_segment')
      .select(['first_seq', 'last_seq', 'first_ts', 'last_ts'])
      .where('writer', '=', writer)
      // Without it, the last look of all goes through the whole chain.
      .where('first_seq', '<=', seq)
      .where('last_seq', '<=', seq)
      .orderBy('first_seq')
      .limit(BATCH_SEGMENTS)
      .execute()
  )
}

/** Whoever read these rows just before, to index them, finds them indexed and puts no entry. */
async function removeEntries(index: IndexFile, writer: string, batch: readonly Removed[]): Promise<void> {
  const { db } = await index.open()
  const last = Math.max(...batch.map((one) => one.last_seq))
  await db.transaction().execute(async (trx) => {
    await trx
      .deleteFrom('audit_entry')
      .where('ts', '>=', Math.min(...batch.map((one) => one.first_ts)))
      .where('ts', '<=', Math.max(...batch.map((one) => one.last_ts)))
      .where('writer', '=', writer)
      .where('seq', '<=', last)
      .execute()
    await raiseWatermark(trx, writer, last)
  })
}

/** The triggers are away within this transaction alone, so nobody else meets a table without them. */
async function removeBatch(trx: Kysely<AuditTables>, writer: string, batch: readonly Removed[]): Promise<void> {
  for (const event of ['update', 'delete']) await sql`drop trigger if exists ${sql.id(`audit_segment_no_${event}`)}`.execute(trx)
  await trx
    .deleteFrom('audit_segment')
    .where('writer', '=', writer)
    .where(
      'first_seq',
      'in',
      batch.map((one) => one.first_seq),
    )
    .execute()
  await forbidChange(trx as unknown as Kysely<unknown>, 'audit_segment')
}
