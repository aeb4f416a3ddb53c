import { type Kysely, sql } from 'kysely'
import type { AuditBatch } from './audit-batch.ts'
import { tsOfLine } from './audit-event.ts'
import type { ServerAuditTables } from './server-audit.ts'

/** Any number that nobody else uses. */
const CREATE_LOCK = 7_412_083_002

/** The partitions of the audit, one a month: the next one is made ahead, any other when a line of that month comes first. */
export class AuditMonths {
  readonly #db: Kysely<ServerAuditTables>
  /** First ms of each month that is there. */
  readonly #made = new Set<number>()
  #newest = { from: 0, to: 0 }

  constructor(db: Kysely<ServerAuditTables>) {
    this.#db = db
  }

  /** For the lines of a batch. Rejects with StorageError. */
  async make({ body, firstTs, lastTs }: AuditBatch): Promise<void> {
    const isNewest = (ts: number) => ts >= this.#newest.from && ts < this.#newest.to
    // All but a few batches lie within the month of the one before.
    if (isNewest(firstTs) && isNewest(lastTs)) return
    for (const line of body.split('\n')) {
      const ts = tsOfLine(line)
      if (isNewest(ts)) continue
      const month = monthOf(ts)
      await this.#makeOne(month)
      this.#newest = month
    }
  }

  /** One that was made may have been dropped since. */
  forget(): void {
    this.#made.clear()
    this.#newest = { from: 0, to: 0 }
  }

  /** That after the newest, so that no append waits for it when it begins. Rejects with StorageError: try again later. */
  async makeNext(): Promise<void> {
    if (this.#newest.to > 0) await this.#makeOne(monthOf(this.#newest.to))
  }

  async #makeOne(month: Span): Promise<void> {
    if (!this.#made.has(month.from)) await this.#create(month)
    this.#made.add(month.from)
  }

  async #create(month: Span): Promise<void> {
    await this.#db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        await lockMonths(trx)
        await makeMonth(trx, month)
      })
  }
}

/** Writers that come to a new month at the same time take turns, and so does whoever drops one. Held until the transaction ends. */
export async function lockMonths(trx: Kysely<ServerAuditTables>): Promise<void> {
  await sql.raw(`select pg_advisory_xact_lock(${CREATE_LOCK})`).execute(trx)
}

/**
 * Attached, because a table created as a partition waits for everybody who reads the whole, as pg_dump does, and everybody who appends
 * waits behind it. For whoever has the lock.
 */
export async function makeMonth(trx: Kysely<ServerAuditTables>, { from, to }: Span): Promise<void> {
  const name = new Date(from).toISOString().slice(0, 7).replace('-', '_')
  const steps = ['audit_segment', 'audit_entry'].map(
    // Retention may have been interrupted while it detached one, or before it dropped it.
    (table) => `if exists (select from pg_inherits where inhrelid = to_regclass('${table}_${name}') and inhdetachpending) then
        alter table ${table} detach partition ${table}_${name} finalize;
      end if;
      if not exists (select from pg_inherits where inhrelid = to_regclass('${table}_${name}')) then
        create table if not exists ${table}_${name} (like ${table} including all);
        alter table ${table} attach partition ${table}_${name} for values from (${from}) to (${to});
      end if;`,
  )
  // Triggers for rows are inherited, this one is not.
  const trigger = `if not exists (select from pg_trigger where tgname = 'no_truncate' and tgrelid = 'audit_segment_${name}'::regclass) then
      create trigger no_truncate before truncate on audit_segment_${name} for each statement execute function forbid_audit_change();
    end if;`
  await sql.raw(`do $$ begin ${steps.join(' ')} ${trigger} end $$`).execute(trx)
}

interface Span {
  from: number
  to: number
}

export function monthOf(ts: number): Span {
  const date = new Date(ts)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}
