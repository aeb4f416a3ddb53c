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

  async #makeOne(month: { from: number; to: number }): Promise<void> {
    if (!this.#made.has(month.from)) await this.#create(month)
    this.#made.add(month.from)
  }

  /**
   * Writers that come to a new month at the same time take turns. Attached, because a table created as a partition waits for everybody who
   * reads the whole, as pg_dump does, and everybody who appends waits behind it.
   */
  async #create({ from, to }: { from: number; to: number }): Promise<void> {
    const name = new Date(from).toISOString().slice(0, 7).replace('-', '_')
    const steps = ['audit_segment', 'audit_entry'].map(
      // Retention may have been interrupted between detaching one and dropping it.
      (table) => `if not exists (select from pg_inherits where inhrelid = to_regclass('${table}_${name}')) then
        create table if not exists ${table}_${name} (like ${table} including all);
        alter table ${table} attach partition ${table}_${name} for values from (${from}) to (${to});
      end if;`,
    )
    // Triggers for rows are inherited, this one is not.
    const trigger = `if not exists (select from pg_trigger where tgname = 'no_truncate' and tgrelid = 'audit_segment_${name}'::regclass) then
        create trigger no_truncate before truncate on audit_segment_${name} for each statement execute function forbid_audit_change();
      end if;`
    await this.#db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        await sql
          .raw(`select pg_advisory_xact_lock(${CREATE_LOCK}); do $$ begin ${steps.join(' ')} ${trigger} end $$`)
          .execute(trx)
      })
  }
}

function monthOf(ts: number): { from: number; to: number } {
  const date = new Date(ts)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}
