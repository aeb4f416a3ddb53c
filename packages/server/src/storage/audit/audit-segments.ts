import type { Kysely } from 'kysely'
import type { AuditSegmentRow, AuditTables } from '../tables.ts'

export interface ChainLine {
  seq: number
  /** The segment it is in. */
  firstSeq: number
  line: string
}

type SegmentText = Pick<AuditSegmentRow, 'first_seq' | 'last_seq' | 'body'>

/** First sequence number of the segment that holds `seq`, or of the next one behind it; null when there is none. */
export async function firstSeqAt(db: Kysely<AuditTables>, writer: string, seq: number): Promise<number | null> {
  const holder = await db
    .selectFrom('audit_segment')
    .select(['first_seq', 'last_seq'])
    .where('writer', '=', writer)
    .where('first_seq', '<=', seq)
    .orderBy('first_seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (holder !== undefined && holder.last_seq >= seq) return holder.first_seq
  const next = await db
    .selectFrom('audit_segment')
    .select('first_seq')
    .where('writer', '=', writer)
    .where('first_seq', '>', seq)
    .orderBy('first_seq')
    .limit(1)
    .executeTakeFirst()
  return next?.first_seq ?? null
}

/** The same text in memory of its own: a part of a split string keeps the whole, up to 1 MiB, alive. */
export function copyOf(line: string): string {
  return Buffer.from(line).toString()
}

/** At most `limit` lines of a chain from `seq` on, with their numbers. */
export async function linesFrom(db: Kysely<AuditTables>, writer: string, seq: number, limit: number): Promise<ChainLine[]> {
  const lines: ChainLine[] = []
  let from = await firstSeqAt(db, writer, seq)
  while (from !== null && lines.length < limit) {
    const segment: SegmentText | undefined = await db
      .selectFrom('audit_segment')
      .select(['first_seq', 'last_seq', 'body'])
      .where('writer', '=', writer)
      .where('first_seq', '>=', from)
      .orderBy('first_seq')
      .limit(1)
      .executeTakeFirst()
    if (segment === undefined) break
    for (const [at, line] of segment.body.split('\n').entries()) {
      const number = segment.first_seq + at
      if (number >= seq && lines.length < limit) lines.push({ seq: number, firstSeq: segment.first_seq, line })
    }
    from = segment.last_seq + 1
  }
  return lines
}
