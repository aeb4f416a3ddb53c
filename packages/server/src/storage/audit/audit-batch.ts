import { type ChainHead, chainHash } from '@spark/core/audit/chain'
import type { Kysely } from 'kysely'
import { sha256 } from '../../sha256.ts'
import { StorageError } from '../storage-error.ts'
import type { AuditSegmentRow, AuditTables } from '../tables.ts'

/** Lines that are committed together. */
export interface AuditBatch {
  /** Joined by newlines. */
  body: string
  firstTs: number
  lastTs: number
}

/** Appends to one chain: a file of its own, or its rows in a server. */
export interface ChainAppender {
  readonly db: Kysely<AuditTables>
  head(): ChainHead
  /**
   * Resolves with the sequence number of the first line when all lines are on disk. Rejects with StorageError: then none
   * is acknowledged (a line may still be there, as after a failed COMMIT). AuditConflictError and AuditLostError are for good; beyond the
   * thread they are a StorageError like any other.
   */
  append(batch: AuditBatch): Promise<number>
  /** A real durable commit, so that health knows whether an append would succeed. Rejects with StorageError. */
  probe(): Promise<void>
  close(): Promise<void>
}

/** Another process appended to the same chain: nothing more may be written by this one. */
export class AuditConflictError extends StorageError {
  constructor(path: string, writer: string, cause?: unknown) {
    const detail = `another process writes the audit chain "${writer}"; give each process a writer of its own`
    super('unavailable', path, detail, cause)
    this.name = 'AuditConflictError'
  }
}

/** The chain ends before a row that was acknowledged, or with another one: nothing may go on as if nothing had happened. */
export class AuditLostError extends StorageError {
  constructor(path: string, writer: string, known: ChainHead, found: ChainHead) {
    const ends = `ends at row ${found.seq} (${found.hash.slice(0, 12)})`
    const detail = `the audit chain "${writer}" ${ends}, but row ${known.seq} (${known.hash.slice(0, 12)}) was acknowledged; the server was put back to an earlier state: see docs/operations.md, "PostgreSQL", after a restore`
    super('corrupt', path, detail)
    this.name = 'AuditLostError'
  }
}

/** Why a process can append no more: its chain was taken over, the server has lost rows of it, or its thread has died. */
export type AuditEnd = 'taken' | 'lost' | 'died'

export function endOf(error: unknown): AuditEnd | null {
  if (error instanceof AuditLostError) return 'lost'
  return error instanceof AuditConflictError ? 'taken' : null
}

/** The row of a batch that follows `head`, and where the chain ends with it. */
export function segmentOf(writer: string, batch: AuditBatch, head: ChainHead): { row: AuditSegmentRow; head: ChainHead } {
  const hashes: string[] = []
  let { seq, hash } = head
  for (const line of batch.body.split('\n')) {
    seq += 1
    hash = chainHash(sha256, hash, writer, seq, line)
    hashes.push(hash)
  }
  const row = {
    writer,
    first_seq: head.seq + 1,
    last_seq: seq,
    first_ts: batch.firstTs,
    last_ts: batch.lastTs,
    prev_hash: head.hash,
    hashes: hashes.join('\n'),
    body: batch.body,
  }
  return { row, head: { seq, hash } }
}
