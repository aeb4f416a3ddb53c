import { statSync } from 'node:fs'
import { type ChainHead, chainHash, GENESIS_HASH } from '@spark/core/audit/chain'
import type { CompiledQuery, Kysely } from 'kysely'
import type { Database } from '../sqlite/open-database.ts'
import { isUniqueViolation, StorageError } from '../storage-error.ts'
import type { AuditTables } from '../tables.ts'
import { openAuditFile } from './audit-files.ts'
import { sha256 } from '../../sha256.ts'

/** Lines that are committed together. */
export interface AuditBatch {
  /** Joined by newlines. */
  body: string
  firstTs: number
  lastTs: number
}

interface Written {
  firstSeq: number
  head: ChainHead
}

/**
 * Another process appended to the same chain: nothing more may be written by this one. Beyond the thread it is a StorageError
 * `unavailable` like any other.
 */
export class AuditConflictError extends StorageError {
  constructor(path: string, writer: string, cause?: unknown) {
    const detail = `another process writes the audit chain "${writer}"; give each process a writer of its own`
    super('unavailable', path, detail, cause)
    this.name = 'AuditConflictError'
  }
}

/** Appends to one chain file from the calling thread, which it blocks for the time of the commit. */
export class AuditAppender {
  readonly file: Database<AuditTables>
  readonly #writer: string
  readonly #shared: boolean
  readonly #inode: number
  #head: ChainHead
  #headKnown = true
  #insertSql: CompiledQuery | null = null

  private constructor(file: Database<AuditTables>, writer: string, shared: boolean, head: ChainHead) {
    this.file = file
    this.#writer = writer
    this.#shared = shared
    this.#inode = statSync(file.path).ino
    this.#head = head
  }

  /** `shared`: several short-lived processes take turns on the chain, so each commit reads the head first. */
  static async open(dataDir: string, writer: string, shared: boolean): Promise<AuditAppender> {
    const file = await openAuditFile(dataDir, writer)
    try {
      return new AuditAppender(file, writer, shared, await readHead(file.db, writer))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  head(): ChainHead {
    return this.#head
  }

  /**
   * Resolves with the sequence number of the first line when all lines are on disk. Rejects with StorageError: then none
   * is acknowledged (a line may still be there, as after a failed COMMIT). AuditConflictError is for good.
   */
  async append(batch: AuditBatch): Promise<number> {
    this.#checkFile()
    if (!this.#headKnown) await this.#learnHead()
    const { db } = this.file
    try {
      const written = this.#shared
        ? await db.transaction().execute((trx) => this.#insertAfterHead(trx, batch))
        : await this.#insert(db, batch, this.#head)
      this.#head = written.head
      return written.firstSeq
    } catch (error) {
      if (isUniqueViolation(error)) throw new AuditConflictError(this.file.path, this.#writer, error)
      this.#headKnown = false
      throw error
    }
  }

  /** A real durable commit, so that health knows whether an append would succeed. Rejects with StorageError. */
  async probe(): Promise<void> {
    this.#checkFile()
    await this.file.db
      .updateTable('storage_probe')
      .set((eb) => ({ counter: eb('counter', '+', 1) }))
      .where('id', '=', 1)
      .execute()
  }

  close(): Promise<void> {
    return this.file.close()
  }

  async #insertAfterHead(db: Kysely<AuditTables>, batch: AuditBatch): Promise<Written> {
    return this.#insert(db, batch, await readHead(db, this.#writer))
  }

  async #insert(db: Kysely<AuditTables>, batch: AuditBatch, head: ChainHead): Promise<Written> {
    const hashes: string[] = []
    let { seq, hash } = head
    for (const line of batch.body.split('\n')) {
      seq += 1
      hash = chainHash(sha256, hash, this.#writer, seq, line)
      hashes.push(hash)
    }
    const row = {
      writer: this.#writer,
      first_seq: head.seq + 1,
      last_seq: seq,
      first_ts: batch.firstTs,
      last_ts: batch.lastTs,
      prev_hash: head.hash,
      hashes: hashes.join('\n'),
      body: batch.body,
    }
    // Compiled once: building the same SQL for every commit took 75 µs, a third of a commit. Parameters stand in the order of the keys.
    this.#insertSql ??= db.insertInto('audit_segment').values(row).compile()
    await db.executeQuery({ ...this.#insertSql, parameters: Object.values(row) })
    return { firstSeq: head.seq + 1, head: { seq, hash } }
  }

  /** After a failed commit only the file knows whether the lines are there; the chain goes on from what it says. */
  async #learnHead(): Promise<void> {
    this.#head = await readHead(this.file.db, this.#writer)
    this.#headKnown = true
  }

  /** SQLite goes on writing into a deleted file without an error; 3 µs a commit buy the knowledge. */
  #checkFile(): void {
    const found = statSync(this.file.path, { throwIfNoEntry: false })
    if (found === undefined) throw new StorageError('missing_file', this.file.path, 'the file is gone')
    if (found.ino !== this.#inode) throw new StorageError('missing_file', this.file.path, 'the file was replaced')
  }
}

export async function readHead(db: Kysely<AuditTables>, writer: string): Promise<ChainHead> {
  const newest = await db
    .selectFrom('audit_segment')
    .select(['last_seq', 'hashes'])
    .where('writer', '=', writer)
    .orderBy('first_seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest === undefined) return { seq: 0, hash: GENESIS_HASH }
  return { seq: newest.last_seq, hash: newest.hashes.slice(newest.hashes.lastIndexOf('\n') + 1) }
}
