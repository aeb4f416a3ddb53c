import { appendFile } from 'node:fs/promises'
import { type Checkpoint, checkpointText, parseCheckpoint, type RemovedRows } from '@spark/core/audit/checkpoint'
import type { Kysely } from 'kysely'
import type { MainTables } from '../tables.ts'
import type { AuditReader } from './audit-reader.ts'
import { firstCopiedSince } from './copied-checkpoints.ts'
import { openSigningKey, parsePublicKey, signatureHolds } from './signing-key.ts'

export interface CheckpointStore {
  /** PEM of the key that signs. */
  readonly publicKey: string
  /**
   * Signs the heads of all chains and keeps them; null when another process did so in this minute already, unless `always`
   * (for the last one before a stop). Each is later than all before it, by its heads and by its `ts`, also when the clock was
   * set back. Rejects when the copy could not be written; the row is kept then all the same. `removed`: what retention will remove next;
   * each later checkpoint repeats it, so that the copies of all hosts know of it. Rejects when the copy saw one of its rows too late for that.
   */
  write(nowMs: number, options?: { always?: boolean; removed?: RemovedRows }): Promise<Checkpoint | null>
  /** At most `limit` signed checkpoints taken after `afterTs`, oldest first. */
  list(afterTs: number, limit: number): Promise<SignedCheckpoint[]>
}

/** As it stands in the table, and as a line of JSON in the copy. */
export interface SignedCheckpoint {
  /** The exact text that was signed. */
  document: string
  signature: string
}

export const CHECKPOINT_PERIOD_MS = 60_000

const DAY_MS = 86_400_000

/**
 * `copyFile`: where each checkpoint is appended as a line of JSON; best on another machine's disk. `auditDays`: younger rows the copy is
 * never told as removed; null: none.
 */
export async function openCheckpointStore(options: {
  db: Kysely<MainTables>
  reader: Pick<AuditReader, 'heads'>
  keyFile: string
  copyFile: string | null
  auditDays: number | null
}): Promise<CheckpointStore> {
  const { db, reader, copyFile, auditDays } = options
  const key = await openSigningKey(options.keyFile)
  const publicKey = parsePublicKey(key.publicKey)
  let accepted = ''
  /** By the copy alone: whoever has the key and can write the table cannot write it. */
  const isOldInCopy = async (removed: RemovedRows, nowMs: number): Promise<boolean> => {
    const text = JSON.stringify(removed)
    if (text === accepted || copyFile === null) return true
    if (auditDays === null) return false
    const seen = await firstCopiedSince(copyFile, nowMs - auditDays * DAY_MS)
    if (seen !== null && Object.entries(removed.heads).some(([writer, { seq }]) => seq > (seen.heads[writer]?.seq ?? 0)))
      return false
    accepted = text
    return true
  }
  const repeated = async (newest: NewestCheckpoint | undefined, nowMs: number): Promise<RemovedRows | undefined> => {
    if (newest === undefined || !signatureHolds(newest.document, newest.signature, publicKey)) return undefined
    const removed = parseCheckpoint(newest.document)?.removed
    return removed !== undefined && (await isOldInCopy(removed, nowMs)) ? removed : undefined
  }
  return {
    publicKey: key.publicKey,
    async write(nowMs, { always = false, removed: next } = {}) {
      if (next !== undefined && !(await isOldInCopy(next, nowMs)))
        throw new Error(
          `${copyFile} saw rows that retention should remove only later: nothing was removed; see spark audit verify`,
        )
      for (;;) {
        const newest = await newestIn(db)
        const newestTs = newest?.ts ?? null
        if (!always && isTaken(newestTs, nowMs)) return null
        const ts = newestTs === null ? nowMs : Math.max(nowMs, newestTs + 1)
        const removed = next ?? (await repeated(newest, nowMs))
        const checkpoint: Checkpoint = { version: 1, ts, heads: await reader.heads(), ...(removed !== undefined && { removed }) }
        const document = checkpointText(checkpoint)
        const signed: SignedCheckpoint = { document, signature: key.sign(document) }
        const written = await db.transaction().execute(async (trx) => {
          // Another process wrote one meanwhile, whose heads may be newer than these: look again.
          if (((await newestIn(trx))?.ts ?? null) !== newestTs) return false
          await trx
            .insertInto('audit_checkpoint')
            .values({ ts, ...signed })
            .execute()
          return true
        })
        if (!written) continue
        if (copyFile !== null) await appendFile(copyFile, `${JSON.stringify(signed)}\n`, { flush: true })
        return checkpoint
      }
    },
    list: (afterTs, limit) =>
      signedCheckpoints(db, afterTs, limit).then((rows) => rows.map(({ document, signature }) => ({ document, signature }))),
  }
}

export async function signedCheckpoints(
  db: Kysely<MainTables>,
  afterTs: number,
  limit: number,
): Promise<(SignedCheckpoint & { ts: number })[]> {
  return db.selectFrom('audit_checkpoint').selectAll().where('ts', '>', afterTs).orderBy('ts').limit(limit).execute()
}

type NewestCheckpoint = MainTables['audit_checkpoint']

function newestIn(db: Kysely<MainTables>): Promise<NewestCheckpoint | undefined> {
  return db.selectFrom('audit_checkpoint').selectAll().orderBy('ts', 'desc').limit(1).executeTakeFirst()
}

/** One from further ahead than a period was taken before the clock was set back, and says nothing about this minute. */
function isTaken(newestTs: number | null, nowMs: number): boolean {
  const periodStartMs = Math.floor(nowMs / CHECKPOINT_PERIOD_MS) * CHECKPOINT_PERIOD_MS
  return newestTs !== null && newestTs >= periodStartMs && newestTs <= nowMs + CHECKPOINT_PERIOD_MS
}
