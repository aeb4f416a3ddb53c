import { type Kysely, sql } from 'kysely'
import type { AuditBatch } from './audit-batch.ts'
import { tsOfLine } from './audit-event.ts'
import type { ServerAuditTables } from './server-audit.ts'

/** Any number that nobody else uses. */
const CREATE_LOCK = 7_412_083_002

/** The partitions of the audit, one a month: each is made when a line of that month comes first. */
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
      if (!this.#made.has(month.from)) await this.#create(month)
      this.#made.add(month.from)
      this.#newest = month
    }
  }

  /** Writers that come to a new month at the same time take turns. */
  async #create({ from, to }: { from: number; to: number }): Promise<void> {
    const name = new Date(from).toISOString().slice(0, 7).replace('-', '_')
    const tables = ['audit_segment', 'audit_entry'].map(
      (table) => `create table if not exists ${table}_${name} partition of ${table} for values from (${from}) to (${to});`,
    )
    // Triggers for rows are inherited, this one is not.
    tables.push(`create or replace trigger no_truncate before truncate on audit_segment_${name}
      for each statement execute function forbid_audit_change();`)
    await this.#db.transaction().execute(async (trx) => {
      await sql.raw(`select pg_advisory_xact_lock(${CREATE_LOCK}); ${tables.join(' ')}`).execute(trx)
    })
  }
}

function monthOf(ts: number): { from: number; to: number } {
  const date = new Date(ts)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}
