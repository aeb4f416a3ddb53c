import type { ChainHead } from '@spark/core/audit/chain'
import type { RemovedRows } from '@spark/core/audit/checkpoint'
import { type Kysely, sql } from 'kysely'
import { StorageError } from '../storage-error.ts'
import type { RemovedAudit, RetentionPlace } from './retain-audit.ts'
import type { ServerAudit, ServerAuditTables } from './server-audit.ts'

interface Month {
  /** `2026_01` */
  name: string
  from: number
  to: number
}

interface Last {
  writer: string
  seq: number
  hash: string
}

/** Whoever appends to the same month waits behind what waits for longer. */
const LOCK_TIMEOUT_MS = 500

/** Months of the audit in a server: they are detached beside those who read and append, and dropped. */
export function serverRetention(audit: ServerAudit): RetentionPlace {
  const { db } = audit
  return {
    due: (cut, beforeMs) => dueMonths(db, cut, beforeMs),
    remove: (removed) => removeMonths(db, removed),
    close: () => audit.close(),
  }
}

/** A month is due when it is over, and when no chain has a row in it that was written after the cut, whatever time the row carries. */
async function dueMonths(
  db: Kysely<ServerAuditTables>,
  cut: Readonly<Record<string, ChainHead>>,
  beforeMs: number,
): Promise<RemovedRows | null> {
  const heads: Record<string, ChainHead> = {}
  const kept: Month[] = []
  let before: number | null = null
  for (const month of await monthsOf(db)) {
    if (month.to > beforeMs) break
    const lasts = await lastsIn(db, month)
    const isOld = lasts.every(({ writer, seq }) => seq <= (cut[writer]?.seq ?? 0))
    if (!isOld || (await reachInto(db, kept, month))) {
      kept.push(month)
      continue
    }
    for (const { writer, seq, hash } of lasts) if (seq > (heads[writer]?.seq ?? 0)) heads[writer] = { seq, hash }
    before = month.to
  }
  return before === null ? null : { heads, before }
}

/** After the first that somebody reads none is tried: PostgreSQL detaches one at a time. */
async function removeMonths(db: Kysely<ServerAuditTables>, { heads, before }: RemovedRows): Promise<RemovedAudit> {
  await finishDetached(db)
  const removed = { rows: 0, months: 0, waiting: 0 }
  for (const month of await monthsOf(db)) {
    const lasts = await lastsIn(db, month)
    const isOld = lasts.every(({ writer, seq }) => seq <= (heads[writer]?.seq ?? 0))
    if (!isOld || month.to > before) {
      for (const { writer } of lasts) removed.rows += await removeStragglers(db, month, writer, heads[writer]?.seq ?? 0)
    } else if (removed.waiting > 0 || !(await dropMonth(db, month))) removed.waiting += 1
    else removed.months += 1
  }
  return removed
}

/** In the order of time. */
async function monthsOf(db: Kysely<ServerAuditTables>): Promise<Month[]> {
  const { rows } = await sql<{
    name: string
    bounds: string
  }>`select substr(relname, 15) as name, pg_get_expr(relpartbound, oid) as bounds
    from pg_inherits join pg_class on oid = inhrelid where inhparent = 'audit_segment'::regclass`.execute(db)
  return rows
    .map(({ name, bounds }) => {
      // FOR VALUES FROM ('1709251200000') TO ('1711929600000')
      const [, from, to] = /\('(-?\d+)'\) TO \('(-?\d+)'\)/.exec(bounds) ?? []
      return { name, from: Number(from), to: Number(to) }
    })
    .toSorted((a, b) => a.from - b.from)
}

const segments = ({ name }: Month) => sql.table(`audit_segment_${name}`)

/** The last row of each writer in a month: from one writer to the next by the primary key. */
async function lastsIn(db: Kysely<ServerAuditTables>, month: Month): Promise<Last[]> {
  const table = segments(month)
  const { rows } = await sql<{ writer: string; seq: number; hashes: string }>`with recursive found (writer) as (
      select min(writer) from ${table}
      union all select (select min(writer) from ${table} where writer > found.writer) from found where writer is not null)
    select found.writer, newest.last_seq as seq, newest.hashes from found cross join lateral
      (select last_seq, hashes from ${table} as one where one.writer = found.writer order by first_seq desc limit 1) as newest
    where found.writer is not null`.execute(db)
  return rows.map(({ writer, seq, hashes }) => ({ writer, seq, hash: hashes.split('\n').at(-1) ?? '' }))
}

/** Whether a month that stays has rows in a later one: their entries stand in that one. */
async function reachInto(db: Kysely<ServerAuditTables>, kept: readonly Month[], month: Month): Promise<boolean> {
  for (const one of kept) {
    const { rows } = await sql`select 1 from ${segments(one)} where last_ts >= ${month.from} limit 1`.execute(db)
    if (rows.length > 0) return true
  }
  return false
}

/** Entries first: the index never names a row that is not there. False: somebody reads it just now. */
async function dropMonth(db: Kysely<ServerAuditTables>, month: Month): Promise<boolean> {
  await sql`delete from audit_entry using ${segments(month)} as gone where gone.last_ts >= ${month.to}
    and audit_entry.ts >= ${month.to} and audit_entry.ts <= gone.last_ts
    and audit_entry.writer = gone.writer and audit_entry.seq between gone.first_seq and gone.last_seq`.execute(db)
  return (await drop(db, 'audit_entry', month.name)) && (await drop(db, 'audit_segment', month.name))
}

async function drop(db: Kysely<ServerAuditTables>, table: string, name: string): Promise<boolean> {
  const partition = `${table}_${name}`
  const { rows } = await sql<{ found: string | null }>`select to_regclass(${partition})::text as found`.execute(db)
  if (rows[0]?.found === null) return true
  try {
    await sql.raw(`alter table ${table} detach partition ${partition} concurrently`).execute(db)
    await sql.raw(`drop table ${partition}`).execute(db)
    return true
  } catch (error) {
    // lock_timeout or statement_timeout: the next run finishes it.
    if (error instanceof StorageError && ['locked', 'unavailable'].includes(error.reason)) return false
    throw error
  }
}

/** What an earlier run was interrupted at: between detaching and dropping nobody sees a partition any more. */
async function finishDetached(db: Kysely<ServerAuditTables>): Promise<void> {
  const { rows } = await sql<{ table: string; name: string; pending: boolean | null }>`
    select substr(relname, 1, length(relname) - 8) as table, relname::text as name, inhdetachpending as pending
    from pg_class left join pg_inherits on inhrelid = oid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^audit_(segment|entry)_[0-9]{4}_[0-9]{2}$'
      and (inhrelid is null or inhdetachpending)`.execute(db)
  for (const { table, name, pending } of rows) {
    if (pending === true) await sql.raw(`alter table ${table} detach partition ${name} finalize`).execute(db)
    await sql.raw(`drop table ${name}`).execute(db)
  }
}

/** Rows before the start of their chain in a month that stays: their clock was ahead, or another's behind. */
async function removeStragglers(db: Kysely<ServerAuditTables>, month: Month, writer: string, seq: number): Promise<number> {
  const table = segments(month)
  const mine = sql`writer = ${writer} and first_seq <= ${seq} and last_seq <= ${seq}`
  const { rows } = await sql<{
    rows: number | null
  }>`select sum(last_seq - first_seq + 1)::bigint as rows from ${table} where ${mine}`.execute(db)
  const found = rows[0]?.rows ?? 0
  if (found === 0) return 0
  await sql`delete from audit_entry using ${table} as gone where gone.writer = ${writer} and gone.last_seq <= ${seq}
    and audit_entry.ts between gone.first_ts and gone.last_ts and audit_entry.writer = ${writer}
    and audit_entry.seq between gone.first_seq and gone.last_seq`.execute(db)
  await db.transaction().execute(async (trx) => {
    await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT_MS)}`.execute(trx)
    await sql`alter table ${table} disable trigger audit_segment_no_delete`.execute(trx)
    await sql`delete from ${table} where ${mine}`.execute(trx)
    await sql`alter table ${table} enable trigger audit_segment_no_delete`.execute(trx)
  })
  return found
}
