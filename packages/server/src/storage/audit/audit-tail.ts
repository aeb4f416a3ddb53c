import type { Kysely } from 'kysely'
import type { AuditTables } from '../tables.ts'
import { tsOfLine } from './audit-event.ts'
import type { PageQuery } from './audit-index-query.ts'
import { type AuditPlace, comparePlaces, lineMatcher } from './audit-query.ts'
import { copyOf, firstSeqAt } from './audit-segments.ts'

export interface FoundLine extends AuditPlace {
  line: string
}

/** The chain of one writer and how far the index knows it. */
export interface Tail {
  writer: string
  chain: Kysely<AuditTables>
  watermark: number
}

interface Header {
  tail: Tail
  first_seq: number
  first_ts: number
  last_ts: number
}

/**
 * The first rows of the page among those not indexed yet, in order. Segments are taken in the direction of reading, and
 * none is opened whose times lie behind `bound`, the last row the page has already, or behind what was found so far.
 */
export async function tailLines(tails: readonly Tail[], query: PageQuery, bound: AuditPlace | null): Promise<FoundLine[]> {
  const { filter, direction, limit, after } = query
  const sign = direction === 'asc' ? 1 : -1
  const nearest = direction === 'asc' ? 'first_ts' : 'last_ts'
  const headers = (await Promise.all(tails.map((tail) => headersOf(tail, query)))).flat()
  headers.sort((a, b) => sign * (a[nearest] - b[nearest]))
  const matches = lineMatcher(filter)
  let found: FoundLine[] = []
  let lastTs = bound?.ts ?? sign * Number.POSITIVE_INFINITY
  for (const { tail, first_seq: firstSeq, [nearest]: nearestTs } of headers) {
    if (sign * (nearestTs - lastTs) > 0) break
    for (const [at, line] of (await bodyOf(tail, firstSeq)).split('\n').entries()) {
      const place = { ts: tsOfLine(line), writer: tail.writer, seq: firstSeq + at }
      if (place.seq <= tail.watermark || (after !== null && sign * comparePlaces(place, after) <= 0)) continue
      if (matches(line)) found.push({ ...place, line: copyOf(line) })
    }
    if (found.length < limit) continue
    found = found.sort((a, b) => sign * comparePlaces(a, b)).slice(0, limit)
    const foundTs = found.at(-1)?.ts ?? lastTs
    if (sign * (foundTs - lastTs) < 0) lastTs = foundTs
  }
  return found.sort((a, b) => sign * comparePlaces(a, b))
}

/** Small columns only, so that SQLite reads none of the pages that hold the lines. */
async function headersOf(tail: Tail, { filter, after, direction }: PageQuery): Promise<Header[]> {
  const start = await firstSeqAt(tail.chain, tail.writer, tail.watermark + 1)
  if (start === null) return []
  let rows = tail.chain
    .selectFrom('audit_segment')
    .select(['first_seq', 'first_ts', 'last_ts'])
    .where('writer', '=', tail.writer)
    .where('first_seq', '>=', start)
  if (filter.from !== undefined) rows = rows.where('last_ts', '>=', filter.from)
  if (filter.to !== undefined) rows = rows.where('first_ts', '<', filter.to)
  if (after !== null) {
    rows = direction === 'asc' ? rows.where('last_ts', '>=', after.ts) : rows.where('first_ts', '<=', after.ts)
  }
  return (await rows.execute()).map((row) => ({ tail, ...row }))
}

async function bodyOf({ chain, writer }: Tail, firstSeq: number): Promise<string> {
  const { body } = await chain
    .selectFrom('audit_segment')
    .select('body')
    .where('writer', '=', writer)
    .where('first_seq', '=', firstSeq)
    .executeTakeFirstOrThrow()
  return body
}
