import type { ChainHead } from '@spark/core/audit/chain'

/** What a process says happened. It is turned into one line of text once, and that text is what the chain covers. */
export interface AuditEvent {
  /** Wall time in ms; the writer's clock when left out. */
  ts?: number
  /** `ml.score`, `order.sent`, …: a word of the domain, a dot, what happened. */
  action: string
  /** Who: a process, a user, a token. */
  actor: string
  strategyId?: string | null
  traceId?: string | null
  result: 'ok' | 'err'
  /** A stable code with few distinct values; kept only when the result is `err`. */
  _err?: string
  context: Record<string, unknown>
}

/** Where a row stands: sequence numbers of a writer start at 1 and have no gaps. */
export interface AuditPosition {
  writer: string
  seq: number
}

export interface AuditWriter {
  readonly writer: string
  /** Resolves when the row is on disk. Rejects with StorageError: the row is not acknowledged, the next may succeed. */
  append(event: AuditEvent): Promise<AuditPosition>
  /** Like `append` for each, in order, in as few commits as the limits allow, one after the other: a failure leaves the first of them or none. */
  appendAll(events: readonly AuditEvent[]): Promise<AuditPosition[]>
  head(): ChainHead
  /** A durable commit that adds no row: resolves when rows could be written now. Rejects with StorageError. */
  probe(): Promise<void>
  stats(): AuditWriterStats
  /** Waits for the rows under way and closes the file. */
  close(): Promise<void>
}

export interface AuditWriterStats {
  /** Rows committed by this process, and in how many commits. */
  rows: number
  commits: number
  /** Rows that wait for their commit, those of the commit under way included. */
  waitingRows: number
  lastCommitMs: number
  /** How many rows the index is behind; the reader reads those from the chain. */
  indexLagRows: number
  /** Why the index cannot be written, or null. No append fails because of it. */
  indexProblem: string | null
}

/** A line, parsed. */
export interface AuditRecord {
  ts: number
  action: string
  actor: string
  strategyId: string | null
  traceId: string | null
  result: 'ok' | 'err'
  _err?: string
  context: Record<string, unknown>
}

/** A row as it is read back. */
export interface AuditItem extends AuditRecord {
  /** `<writer>-<seq>`. */
  id: string
  /** `ts` as ISO 8601. */
  timestamp: string
}

/** Letters that need no escaping in a file name and sort alike in every database. */
export const WRITER_PATTERN = /^([a-z0-9][a-z0-9-]{0,15}\.)?[a-z0-9][a-z0-9-]{0,31}$/

/** Keys in this order always: `ts` and `action` stand in front, where they are found without parsing the rest. */
export function auditLine(event: AuditEvent, nowMs: number): string {
  const { action, actor, strategyId = null, traceId = null, result, context } = event
  const ts = event.ts ?? nowMs
  if (!Number.isSafeInteger(ts)) throw new TypeError(`audit time ${ts} is not a time in milliseconds`)
  return JSON.stringify(
    result === 'err'
      ? { ts, action, actor, strategyId, traceId, result, _err: event._err ?? 'unknown', context }
      : { ts, action, actor, strategyId, traceId, result, context },
  )
}

/** `ts` of a line, without parsing the rest. NaN when the line is not one of ours. */
export function tsOfLine(line: string): number {
  return line.startsWith('{"ts":') ? Number(line.slice(6, line.indexOf(',', 6))) : Number.NaN
}

/** Throws SyntaxError when the line is not JSON: the file was damaged or edited. */
export function recordOfLine(line: string): AuditRecord {
  return JSON.parse(line) as AuditRecord
}

export function auditItem(writer: string, seq: number, line: string): AuditItem {
  const record = recordOfLine(line)
  const { ts, ...rest } = record
  return { id: `${writer}-${seq}`, ts, timestamp: new Date(ts).toISOString(), ...rest }
}
