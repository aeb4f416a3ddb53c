import { appendFile } from 'node:fs/promises'
import { type Checkpoint, checkpointText, type RemovedRows } from '@spark/core/audit/checkpoint'
import type { Kysely } from 'kysely'
import type { MainTables } from '../tables.ts'
import type { AuditReader } from './audit-reader.ts'
import { openSigningKey } from './signing-key.ts'

export interface CheckpointStore {
  /** PEM of the key that signs. */
  readonly publicKey: string
  /**
   * Signs the heads of all chains and keeps them; null when another process did so in this minute already, unless `always`
   * (for the last one before a stop). Each is later than all before it, by its heads and by its `ts`, also when the clock was
   * set back. Rejects when the copy could not be written; the row is kept then all the same. `removed`: what retention will remove next.
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

/** `copyFile`: where each checkpoint is appended as a line of JSON; best on another machine's disk. */
export async function openCheckpointStore(options: {
  db: Kysely<MainTables>
  reader: Pick<AuditReader, 'heads'>
  keyFile: string
  copyFile: string | null
}): Promise<CheckpointStore> {
  const { db, reader, copyFile } = options
  const key = await openSigningKey(options.keyFile)
  return {
    publicKey: key.publicKey,
    async write(nowMs, { always = false, removed } = {}) {
      for (;;) {
        const newestTs = await newestTsIn(db)
        if (!always && isTaken(newestTs, nowMs)) return null
        const ts = newestTs === null ? nowMs : Math.max(nowMs, newestTs + 1)
        const checkpoint: Checkpoint = { version: 1, ts, heads: await reader.heads(), ...(removed !== undefined && { removed }) }
        const document = checkpointText(checkpoint)
        const signed: SignedCheckpoint = { document, signature: key.sign(document) }
        const written = await db.transaction().execute(async (trx) => {
          // Another process wrote one meanwhile, whose heads may be newer than these: look again.
          if ((await newestTsIn(trx)) !== newestTs) return false
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

async function newestTsIn(db: Kysely<MainTables>): Promise<number | null> {
  const row = await db.selectFrom('audit_checkpoint').select('ts').orderBy('ts', 'desc').limit(1).executeTakeFirst()
  return row?.ts ?? null
}

/** One from further ahead than a period was taken before the clock was set back, and says nothing about this minute. */
function isTaken(newestTs: number | null, nowMs: number): boolean {
  const periodStartMs = Math.floor(nowMs / CHECKPOINT_PERIOD_MS) * CHECKPOINT_PERIOD_MS
  return newestTs !== null && newestTs >= periodStartMs && newestTs <= nowMs + CHECKPOINT_PERIOD_MS
}
