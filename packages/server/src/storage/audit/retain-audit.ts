import type { ChainHead } from '@spark/core/audit/chain'
import { parseCheckpoint, type RemovedRows } from '@spark/core/audit/checkpoint'
import type { Kysely } from 'kysely'
import type { MainTables } from '../tables.ts'
import type { AuditEvent } from './audit-event.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { parsePublicKey, signatureHolds } from './signing-key.ts'
import type { AuditReport } from './verify-audit.ts'

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
  /** Verifies the audit with all copies of the checkpoints, and tells what they knew by then. */
  verify: (toldBefore: number) => Promise<Pick<AuditReport, 'ok' | 'told'>>
}

/** Meanwhile the copies of other hosts hear of it, a backup that was begun before ends, and somebody can see it. */
export const SIGNED_BEFORE_MS = 12 * 3_600_000
/** A clock that is wrong takes so much a run, and not everything. */
export const AT_ONCE_MS = 31 * 86_400_000

/**
 * Removes what an earlier run signed, and signs what the next one removes: the last row of each chain that goes, of those that a signed
 * checkpoint saw before `beforeMs`. Without that, verifying tells them as missing.
 */
export async function retainAudit(deps: RetainAuditDeps, beforeMs: number, nowMs: number): Promise<RemovedAudit> {
  const { db, place, checkpoints, announce, verify } = deps
  const cut = await newestHeads(db, checkpoints.publicKey, beforeMs)
  if (cut === null) return { rows: 0, months: 0, waiting: 0 }
  const { ok, told } = await verify(nowMs - SIGNED_BEFORE_MS)
  // What was tampered with must not go before somebody has seen it.
  if (!ok) throw new Error('the audit does not verify, so nothing of it was removed; see spark audit verify')
  const signed = within(told, cut, beforeMs)
  const next = together(signed, await nextDue(deps, signed?.before ?? 0, beforeMs))
  if (isBeyond(next, signed)) {
    const context = { before: new Date(next.before).toISOString(), last: next.heads }
    await announce({ action: 'audit.pruned', actor: 'executor', result: 'ok', context })
    await checkpoints.write(nowMs, { always: true, removed: next })
  }
  return signed === null ? { rows: 0, months: 0, waiting: 0 } : place.remove(signed)
}

/** Of what is due, the oldest that is something: no more than `AT_ONCE_MS` beyond what the last removal, or the first row, says. */
async function nextDue(
  { db, place, checkpoints }: RetainAuditDeps,
  keptFrom: number,
  beforeMs: number,
): Promise<RemovedRows | null> {
  for (let afterMs = keptFrom; ;) {
    const first = await db
      .selectFrom('audit_checkpoint')
      .select('ts')
      .where('ts', '>', afterMs)
      .orderBy('ts')
      .limit(1)
      .executeTakeFirst()
    if (first === undefined || first.ts > beforeMs) return null
    // A month that begins with the last removal is due whole, also where its first checkpoint is later.
    const fromMs = first.ts - afterMs > AT_ONCE_MS ? first.ts : afterMs
    const untilMs = Math.min(fromMs + AT_ONCE_MS, beforeMs)
    const cut = await newestHeads(db, checkpoints.publicKey, untilMs)
    const due = cut === null ? null : await place.due(cut, untilMs)
    if (due !== null) return due
    if (untilMs === beforeMs) return null
    afterMs = untilMs
  }
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
  if (row === undefined) return null
  const { ts, document, signature } = row
  const checkpoint = signatureHolds(document, signature, parsePublicKey(publicKey)) ? parseCheckpoint(document) : null
  if (checkpoint?.ts === ts) return checkpoint.heads
  throw new Error(`the signature of the checkpoint ${new Date(ts).toISOString()} does not hold; see spark audit verify`)
}

/** What is signed and not old enough stays: whoever has the key cannot make retention remove it. */
function within(told: RemovedRows | null, cut: Readonly<Record<string, ChainHead>>, beforeMs: number): RemovedRows | null {
  const heads = Object.entries(told?.heads ?? {}).filter(([writer, { seq }]) => seq <= (cut[writer]?.seq ?? 0))
  return told === null || heads.length === 0
    ? null
    : { before: Math.min(told.before, beforeMs), heads: Object.fromEntries(heads) }
}

function together(signed: RemovedRows | null, due: RemovedRows | null): RemovedRows {
  const heads: Record<string, ChainHead> = { ...signed?.heads }
  for (const [writer, head] of Object.entries(due?.heads ?? {})) if (head.seq > (heads[writer]?.seq ?? 0)) heads[writer] = head
  return { before: Math.max(signed?.before ?? 0, due?.before ?? 0), heads }
}

function isBeyond({ heads }: RemovedRows, signed: RemovedRows | null): boolean {
  return Object.entries(heads).some(([writer, { seq }]) => seq > (signed?.heads[writer]?.seq ?? 0))
}
