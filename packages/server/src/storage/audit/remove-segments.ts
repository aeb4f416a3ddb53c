import { existsSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import { forbidChange } from '../migrations/forbid-change.ts'
import type { AuditSegmentRow, AuditTables } from '../tables.ts'
import { auditIndexFile, openAuditFile } from './audit-files.ts'
import { IndexFile } from './audit-index-place.ts'

/** A segment has at most 1 MiB: whoever appends waits for a batch, and that takes a few ms. */
const BATCH_SEGMENTS = 8
const INDEX_BUSY_TIMEOUT_MS = 5_000

type Removed = Pick<AuditSegmentRow, 'first_seq' | 'last_seq' | 'first_ts' | 'last_ts'>

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
      if (existsSync(auditIndexFile(dataDir))) await removeEntries(index, writer, batch)
      await chain.db.transaction().execute((trx) => removeBatch(trx, writer, batch))
      for (const one of batch) rows += one.last_seq - one.first_seq + 1
    }
  } finally {
    await index.close()
    await chain.close()
  }
}

function oldest(db: Kysely<AuditTables>, writer: string, seq: number): Promise<Removed[]> {
  return db
    .selectFrom('audit_segment')
    .select(['first_seq', 'last_seq', 'first_ts', 'last_ts'])
    .where('writer', '=', writer)
    .where('last_seq', '<=', seq)
    .orderBy('first_seq')
    .limit(BATCH_SEGMENTS)
    .execute()
}

async function removeEntries(index: IndexFile, writer: string, batch: readonly Removed[]): Promise<void> {
  const { db } = await index.open()
  await db
    .deleteFrom('audit_entry')
    .where('ts', '>=', Math.min(...batch.map((one) => one.first_ts)))
    .where('ts', '<=', Math.max(...batch.map((one) => one.last_ts)))
    .where('writer', '=', writer)
    .where('seq', '<=', Math.max(...batch.map((one) => one.last_seq)))
    .execute()
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
