import { HIDDEN_ACTIONS } from '@spark/contract/hidden-actions'
import { tsOfLine } from './audit-event.ts'

/** Which rows; every part that is given must hold. */
export interface AuditFilter {
  action?: string
  strategyId?: string
  traceId?: string
  /** ms, inclusive. */
  from?: number
  /** ms, exclusive. */
  to?: number
  /** Also the HIDDEN_ACTIONS, which are left out otherwise unless `action` asks for one. */
  all?: boolean
}

export interface AuditListQuery extends AuditFilter {
  /** 1 … 10,000. */
  limit: number
  /** `nextCursor` of the page before. */
  cursor?: string
}

/** The question itself is wrong, and asking again will not help. */
export class AuditQueryError extends Error {
  readonly code: 'invalid_cursor' | 'invalid_limit'
  constructor(code: 'invalid_cursor' | 'invalid_limit', message: string) {
    super(message)
    this.name = 'AuditQueryError'
    this.code = code
  }
}

/** Where a row stands among all rows: by time, then writer, then number. */
export interface AuditPlace {
  ts: number
  writer: string
  seq: number
}

/** Below 0 when `a` is older. Writers compare as their bytes do, as in the index. */
export function comparePlaces(a: AuditPlace, b: AuditPlace): number {
  if (a.ts !== b.ts) return a.ts - b.ts
  if (a.writer !== b.writer) return a.writer < b.writer ? -1 : 1
  return a.seq - b.seq
}

/** Opaque to callers: the place of the last row of a page, so rows that arrive meanwhile change nothing. */
export function cursorOf(place: AuditPlace): string {
  return Buffer.from(JSON.stringify([place.ts, place.writer, place.seq])).toString('base64url')
}

/** Throws AuditQueryError `invalid_cursor`. */
export function placeOfCursor(cursor: string): AuditPlace {
  const parts = parsedCursor(cursor)
  if (Array.isArray(parts) && parts.length === 3) {
    const [ts, writer, seq]: unknown[] = parts
    if (Number.isSafeInteger(ts) && typeof writer === 'string' && Number.isSafeInteger(seq)) {
      const place = { ts: Number(ts), writer, seq: Number(seq) }
      if (cursorOf(place) === cursor) return place
    }
  }
  throw new AuditQueryError('invalid_cursor', 'the cursor is not one that audit/list gave out; start without one')
}

function parsedCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}

/**
 * Whether a line of the audit fits the filter. Nearly all lines of a tail are refused without being parsed: a part that
 * is asked for must be in the text somewhere, as JSON writes it.
 */
export function lineMatcher(filter: AuditFilter): (line: string) => boolean {
  const { action, strategyId, traceId, from = -Infinity, to = Infinity, all = false } = filter
  const needed = [action, strategyId, traceId].filter((part) => part !== undefined).map((part) => JSON.stringify(part))
  return (line) => {
    const ts = tsOfLine(line)
    if (ts < from || ts >= to || !needed.every((part) => line.includes(part))) return false
    if (needed.length === 0 && all) return true
    const record = JSON.parse(line) as { action: string; strategyId: string | null; traceId: string | null }
    if (action === undefined ? !all && HIDDEN_ACTIONS.includes(record.action) : record.action !== action) return false
    if (strategyId !== undefined && record.strategyId !== strategyId) return false
    return traceId === undefined || record.traceId === traceId
  }
}
