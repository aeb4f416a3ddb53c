import { statSync } from 'node:fs'
import { type ChainHead, GENESIS_HASH } from '@spark/core/audit/chain'
import type { CompiledQuery, Kysely } from 'kysely'
import type { Database } from '../sqlite/open-database.ts'
import { isUniqueViolation, StorageError } from '../storage-error.ts'
import type { AuditTables } from '../tables.ts'
import { type AuditBatch, AuditConflictError, type ChainAppender, segmentOf } from './audit-batch.ts'
import { openAuditFile } from './audit-files.ts'

interface Written {
  firstSeq: number
  head: ChainHead
}

/** Appends to one chain file from the calling thread, which it blocks for the time of the commit. */
export class AuditAppender implements ChainAppender {
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

  get db(): Kysely<AuditTables> {
    return this.file.db
  }

  head(): ChainHead {
    return this.#head
  }

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
    const { row, head: next } = segmentOf(this.#writer, batch, head)
    // Compiled once: building the same SQL for every commit took 75 µs, a third of a commit. Parameters stand in the order of the keys.
    this.#insertSql ??= db.insertInto('audit_segment').values(row).compile()
    await db.executeQuery({ ...this.#insertSql, parameters: Object.values(row) })
    return { firstSeq: row.first_seq, head: next }
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
