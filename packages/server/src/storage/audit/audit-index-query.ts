import { type Kysely, sql } from 'kysely'
import type { AuditIndexTables } from '../tables.ts'
import { HIDDEN_ACTIONS } from '@spark/contract/hidden-actions'

import { type AuditFilter, type AuditPlace, comparePlaces } from './audit-query.ts'

export type Direction = 'asc' | 'desc'

/** Which rows of the order are wanted: at most `limit`, behind `after` in the direction of reading. */
export interface PageQuery {
  filter: AuditFilter
  direction: Direction
  limit: number
  after: AuditPlace | null
}

export interface IndexEntry extends AuditPlace {
  first_seq: number
}

/** The first rows of the page that the index knows, in order. Each query walks one index and stops after `limit` rows. */
export async function entriesOf(db: Kysely<AuditIndexTables>, query: PageQuery): Promise<IndexEntry[]> {
  const found: IndexEntry[] = []
  for (const hidden of hiddenClasses(query.filter)) found.push(...(await entryQuery(db, query, hidden).execute()))
  const sign = query.direction === 'asc' ? 1 : -1
  return found.sort((a, b) => sign * comparePlaces(a, b)).slice(0, query.limit)
}

/** `hidden` leads the indexes it is in, so all rows of a strategy are two walks. Null: no matter. */
function hiddenClasses({ action, strategyId, traceId, all = false }: AuditFilter): (0 | 1 | null)[] {
  if (traceId !== undefined) return [null]
  if (action !== undefined) return [strategyId === undefined ? null : HIDDEN_ACTIONS.includes(action) ? 1 : 0]
  if (!all) return [0]
  return strategyId === undefined ? [null] : [0, 1]
}

export function entryQuery(db: Kysely<AuditIndexTables>, query: PageQuery, hidden: 0 | 1 | null) {
  const { filter, direction, limit, after } = query
  const { action, strategyId, traceId, from, to, all = false } = filter
  let rows = db.selectFrom('audit_entry').select(['ts', 'writer', 'seq', 'first_seq'])
  if (hidden !== null) rows = rows.where('hidden', '=', hidden)
  if (traceId === undefined) {
    if (action !== undefined) rows = rows.where('action', '=', action)
    if (strategyId !== undefined) rows = rows.where('strategy_id', '=', strategyId)
  } else {
    // A trace has few rows. Written so that no planner prefers the index of an action or a strategy with millions.
    rows = rows.where('trace_id', '=', traceId)
    if (action !== undefined) rows = rows.where(sql`action || ''`, '=', action)
    else if (!all) rows = rows.where('action', 'not in', HIDDEN_ACTIONS)
    if (strategyId !== undefined) rows = rows.where(sql`strategy_id || ''`, '=', strategyId)
  }
  if (from !== undefined) rows = rows.where('ts', '>=', from)
  if (to !== undefined) rows = rows.where('ts', '<', to)
  if (after !== null) {
    rows = rows.where((eb) =>
      eb(eb.refTuple('ts', 'writer', 'seq'), direction === 'asc' ? '>' : '<', eb.tuple(after.ts, after.writer, after.seq)),
    )
  }
  return rows.orderBy('ts', direction).orderBy('writer', direction).orderBy('seq', direction).limit(limit)
}
