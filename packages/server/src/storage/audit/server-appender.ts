import { type ChainHead, GENESIS_HASH } from '@spark/core/audit/chain'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { systemClock } from '../../clock.ts'
import { StorageError } from '../storage-error.ts'
import type { AuditSegmentRow, AuditTables } from '../tables.ts'
import { type AuditBatch, AuditConflictError, AuditLostError, type ChainAppender, segmentOf } from './audit-batch.ts'
import { type AuditLocation, openServerAudit } from './audit-location.ts'
import { AuditMonths } from './audit-months.ts'
import type { ServerAudit, ServerAuditTables } from './server-audit.ts'
import { heldElsewhere, holderOf, NOW_MS } from './server-holder.ts'

/** Nobody from elsewhere takes a chain over for so long after its holder was heard of last. */
const HELD_MS = 15_000
const RENEW_MS = 5_000
/** Of an append: whoever waits for a score waits for it. */
const STATEMENT_TIMEOUT_MS = 2_000

const HELD_UNTIL = sql<number>`${NOW_MS} + ${sql.lit(HELD_MS)}`

/**
 * Appends to the chain of one writer in a server. The row of the chain has a fencing number: who took it over has a higher one, and
 * what carries an older one is not committed, whatever its process believes.
 */
export class ServerAppender implements ChainAppender {
  readonly #audit: ServerAudit
  readonly #writer: string
  /** Null: several short-lived processes take turns on the chain, so each commit reads the head first. */
  readonly #fence: number | null
  readonly #months: AuditMonths
  #head: ChainHead
  #headKnown = true
  /** Where the chain ends if an append whose outcome is unknown has arrived, or does so late. */
  #unsure: ChainHead[] = []
  #cancelRenewal: () => void = () => {}
  #renewal: Promise<void> = Promise.resolve()
  /** Closed, or lost to somebody else: it is held no longer. */
  #ended = false

  private constructor(audit: ServerAudit, writer: string, chain: { fence: number | null; head: ChainHead }) {
    this.#audit = audit
    this.#writer = writer
    this.#fence = chain.fence
    this.#head = chain.head
    this.#months = new AuditMonths(audit.db)
    if (chain.fence !== null) this.#renewLater()
  }

  /** Rejects with StorageError `locked` while a process of another host or data folder holds the chain. */
  static async open(url: string, location: AuditLocation, writer: string, shared: boolean): Promise<ServerAppender> {
    const audit = await openServerAudit(url, { ...location, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
    try {
      // Whoever runs on the same folder was proven gone by its lock: see writer-lock.ts.
      const holder = shared ? 'shared' : await holderOf(location)
      return new ServerAppender(audit, writer, await takeChain(audit, writer, holder, shared))
    } catch (error) {
      await audit.close()
      throw error
    }
  }

  get db(): Kysely<AuditTables> {
    return this.#audit.db
  }

  head(): ChainHead {
    return this.#head
  }

  async append(batch: AuditBatch): Promise<number> {
    if (this.#fence !== null && !this.#headKnown) await this.#learnHead(this.#fence)
    await this.#months.make(batch)
    if (this.#fence === null) return this.#appendShared(batch)
    const { row, head } = segmentOf(this.#writer, batch, this.#head)
    let committed: boolean
    try {
      committed = await this.#insert(this.#fence, row, head)
    } catch (error) {
      this.#headKnown = false
      this.#unsure.push(head)
      this.#months.forget()
      throw error
    }
    if (!committed) {
      this.#headKnown = false
      await this.#learnHead(this.#fence)
      throw new StorageError('unavailable', this.#audit.name, `an earlier commit of ${this.#writer} arrived late`)
    }
    this.#head = head
    this.#unsure = []
    return row.first_seq
  }

  async probe(): Promise<void> {
    await this.#hold(this.#fence, HELD_UNTIL)
    if (this.#fence !== null) await this.#learnHead(this.#fence)
  }

  /** Others need not wait until it would have been given up. */
  async close(): Promise<void> {
    this.#endRenewal()
    await this.#renewal
    try {
      if (this.#fence !== null) await this.#hold(this.#fence, sql.lit(0))
    } finally {
      await this.#audit.close()
    }
  }

  /** One statement: the head moves from where this process knows it, by who holds the chain, and the row is there; or nothing. */
  async #insert(fence: number, row: AuditSegmentRow, head: ChainHead): Promise<boolean> {
    const { rows } = await sql`with moved as (
        update audit_chain set seq = ${head.seq}, hash = ${head.hash}, held_until = ${HELD_UNTIL}
        where writer = ${row.writer} and fence = ${fence} and seq = ${row.first_seq - 1} and hash = ${row.prev_hash} returning writer)
      insert into audit_segment (writer, first_seq, last_seq, first_ts, last_ts, prev_hash, hashes, body)
      select writer, ${row.first_seq}::bigint, ${row.last_seq}::bigint, ${row.first_ts}::bigint, ${row.last_ts}::bigint,
        ${row.prev_hash}, ${row.hashes}, ${row.body} from moved returning writer`.execute(this.#audit.db)
    return rows.length === 1
  }

  async #appendShared(batch: AuditBatch): Promise<number> {
    // A change of the row is waited for, and read as it is then.
    return this.#audit.db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        const { seq, hash } = await lockChain(trx, this.#writer)
        const { row, head } = segmentOf(this.#writer, batch, { seq, hash })
        await trx.insertInto('audit_segment').values(row).execute()
        await trx.updateTable('audit_chain').set(head).where('writer', '=', this.#writer).execute()
        this.#head = head
        return row.first_seq
      })
  }

  /**
   * After a failed commit only the server knows whether the lines are there; the chain goes on from what it says. What it cannot know by
   * this process's appends alone is of another time: nothing goes on then.
   */
  async #learnHead(own: number): Promise<void> {
    const chain = await this.#audit.db
      .selectFrom('audit_chain')
      .select(['fence', 'seq', 'hash'])
      .where('writer', '=', this.#writer)
      .executeTakeFirst()
    const { fence, ...head } = chain ?? { fence: 0, seq: 0, hash: GENESIS_HASH }
    if (fence > own) throw this.#conflict()
    if (fence < own || ![this.#head, ...this.#unsure].some(({ hash }) => hash === head.hash)) {
      this.#endRenewal()
      throw new AuditLostError(this.#audit.name, this.#writer, this.#head, head)
    }
    this.#head = head
    this.#headKnown = true
  }

  /** False when somebody else has taken the chain over. */
  async #hold(fence: number | null, until: RawBuilder<number>): Promise<boolean> {
    let chain = this.#audit.db.updateTable('audit_chain').set({ held_until: until }).where('writer', '=', this.#writer)
    if (fence !== null) chain = chain.where('fence', '=', fence)
    return (await chain.executeTakeFirstOrThrow()).numUpdatedRows === 1n
  }

  #renewLater(): void {
    if (this.#ended) return
    this.#cancelRenewal = systemClock.after(RENEW_MS, () => {
      // A chain that was lost, or a server that is away, is told by the next append.
      const again = () => this.#renewLater()
      this.#renewal = this.#hold(this.#fence, HELD_UNTIL)
        .then(() => this.#months.makeNext())
        .then(again, again)
    })
  }

  #endRenewal(): void {
    this.#ended = true
    this.#cancelRenewal()
  }

  #conflict(): AuditConflictError {
    this.#endRenewal()
    return new AuditConflictError(this.#audit.name, this.#writer)
  }
}

async function takeChain(
  { db, name }: ServerAudit,
  writer: string,
  holder: string,
  shared: boolean,
): Promise<{ fence: number | null; head: ChainHead }> {
  const fresh = { writer, fence: 1, holder, held_until: HELD_UNTIL, seq: 0, hash: GENESIS_HASH }
  const taken = await db
    .insertInto('audit_chain')
    .values(fresh)
    .onConflict((conflict) =>
      conflict
        .column('writer')
        .doUpdateSet((eb) => ({ fence: eb('audit_chain.fence', '+', shared ? 0 : 1), holder, held_until: HELD_UNTIL }))
        .where((eb) => eb.or([eb('audit_chain.holder', '=', holder), eb('audit_chain.held_until', '<', NOW_MS)])),
    )
    .returning(['fence', 'seq', 'hash'])
    .executeTakeFirst()
  if (taken !== undefined) return { fence: shared ? null : taken.fence, head: { seq: taken.seq, hash: taken.hash } }
  throw heldElsewhere(name, writer)
}

function lockChain(trx: Transaction<ServerAuditTables>, writer: string): Promise<ChainHead> {
  return trx.selectFrom('audit_chain').select(['seq', 'hash']).where('writer', '=', writer).forUpdate().executeTakeFirstOrThrow()
}
