import type { ChainHead } from '@spark/core/audit/chain'
import { parseCheckpoint, type RemovedRows } from '@spark/core/audit/checkpoint'
import type { Kysely } from 'kysely'
import type { MainTables } from '../tables.ts'
import type { AuditEvent } from './audit-event.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { parsePublicKey, signatureHolds } from './signing-key.ts'

/** Where chains lie, for whoever removes the oldest rows of them. */
export interface RetentionPlace {
  /** What may go of rows up to those of `cut`; null: nothing. */
  due(cut: Readonly<Record<string, ChainHead>>, beforeMs: number): Promise<RemovedRows | null>
  /** Removes rows up to these, of what is older than `before`. Whatever ends it, the next call goes on. */
  remove(removed: RemovedRows): Promise<RemovedAudit>
  close(): Promise<void>
}

export interface RemovedAudit {
  /** Removed one by one. */
  rows: number
  /** Dropped whole: on PostgreSQL. */
  months: number
  /** Of those that are due, what somebody reads just now: the next run drops them. */
  waiting: number
}

export interface RetainAuditDeps {
  db: Kysely<MainTables>
  place: RetentionPlace
  checkpoints: Pick<CheckpointStore, 'write' | 'publicKey'>
  /** Resolves when the row is on disk. */
  announce: (event: AuditEvent) => Promise<unknown>
  /** Whether the audit verifies. */
  isWhole: () => Promise<boolean>
}

/**
 * Removes rows that a signed checkpoint saw before `beforeMs`, and whatever an earlier run was interrupted at. First a row of the audit
 * and a signed checkpoint name the last row of each chain that goes: without that, verifying tells them as missing.
 */
export async function retainAudit(deps: RetainAuditDeps, beforeMs: number, nowMs: number): Promise<RemovedAudit> {
  const { db, place, checkpoints, announce, isWhole } = deps
  const signed = await lastRemoved(db, checkpoints.publicKey)
  const cut = await newestHeads(db, checkpoints.publicKey, beforeMs)
  const due = cut === null ? null : await place.due(cut, beforeMs)
  if (due === null && signed === null) return { rows: 0, months: 0, waiting: 0 }
  const removed = together(signed, due)
  if (isBeyond(removed, signed)) {
    // What was tampered with must not go before somebody has seen it.
    if (!(await isWhole())) throw new Error('the audit does not verify, so nothing of it was removed; see spark audit verify')
    const context = { before: new Date(removed.before).toISOString(), last: removed.heads }
    await announce({ action: 'audit.pruned', actor: 'executor', result: 'ok', context })
    await checkpoints.write(nowMs, { always: true, removed })
  }
  return place.remove(removed)
}

/** Heads that were signed at the bound: a row of a clock that was wrong is as old as its place in the chain. */
async function newestHeads(
  db: Kysely<MainTables>,
  publicKey: string,
  beforeMs: number,
): Promise<Readonly<Record<string, ChainHead>> | null> {
  const row = await db
    .selectFrom('audit_checkpoint')
    .selectAll()
    .where('ts', '<=', beforeMs)
    .orderBy('ts', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : read(row, publicKey).heads
}

async function lastRemoved(db: Kysely<MainTables>, publicKey: string): Promise<RemovedRows | null> {
  const row = await db
    .selectFrom('audit_checkpoint')
    .selectAll()
    .where('document', 'like', '%"removed":%')
    .orderBy('ts', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : (read(row, publicKey).removed ?? null)
}

function read({ ts, document, signature }: MainTables['audit_checkpoint'], publicKey: string) {
  const checkpoint = signatureHolds(document, signature, parsePublicKey(publicKey)) ? parseCheckpoint(document) : null
  if (checkpoint?.ts === ts) return checkpoint
  throw new Error(`the signature of the checkpoint ${new Date(ts).toISOString()} does not hold; see spark audit verify`)
}

function together(signed: RemovedRows | null, due: RemovedRows | null): RemovedRows {
  const heads: Record<string, ChainHead> = { ...signed?.heads }
  for (const [writer, head] of Object.entries(due?.heads ?? {})) if (head.seq > (heads[writer]?.seq ?? 0)) heads[writer] = head
  return { before: Math.max(signed?.before ?? 0, due?.before ?? 0), heads }
}

function isBeyond({ heads }: RemovedRows, signed: RemovedRows | null): boolean {
  return Object.entries(heads).some(([writer, { seq }]) => seq > (signed?.heads[writer]?.seq ?? 0))
}
