import type { ChainHead } from '@spark/core/audit/chain'
import type { RemovedRows } from '@spark/core/audit/checkpoint'
import { type Kysely, sql } from 'kysely'
import { StorageError } from '../storage-error.ts'
import { lockMonths, makeMonth, monthOf } from './audit-months.ts'
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

/** The heads are those of the last rows that go. */
async function dueMonths(
  db: Kysely<ServerAuditTables>,
  cut: Readonly<Record<string, ChainHead>>,
  beforeMs: number,
): Promise<RemovedRows | null> {
  const heads: Record<string, ChainHead> = {}
  const { due } = await sorted(db, { heads: cut, before: beforeMs })
  for (const { lasts } of due)
    for (const { writer, seq, hash } of lasts) if (seq > (heads[writer]?.seq ?? 0)) heads[writer] = { seq, hash }
  const newest = due.at(-1)
  return newest === undefined ? null : { heads, before: newest.month.to }
}

/** After the first that somebody reads none is tried: PostgreSQL detaches one at a time. */
async function removeMonths(db: Kysely<ServerAuditTables>, removed: RemovedRows): Promise<RemovedAudit> {
  const done = { rows: 0, months: 0, waiting: 0 }
  const { left, waiting } = await finishDetached(db, removed)
  done.waiting += waiting
  const { due, kept } = await sorted(db, removed)
  for (const { month, lasts } of due) {
    if (done.waiting > 0 || !(await unlessHeld(() => dropMonth(db, month, lasts, removed)))) done.waiting += 1
    else done.months += 1
  }
  for (const { month, lasts } of kept)
    for (const { writer } of lasts) {
      const isDone = await unlessHeld(async () => {
        done.rows += await removeStragglers(db, month, writer, removed.heads[writer]?.seq ?? 0)
        return true
      })
      if (!isDone) done.waiting += 1
    }
  if (left.length === 0) return done
  const advice = 'attach them again, or move them to another schema'
  throw new Error(`${left.join(', ')}: detached from the audit, with rows that no removal names, so they were left; ${advice}`)
}

interface Sorted {
  month: Month
  lasts: Last[]
}

/**
 * All months, in the order of time. One is due when it is over, and when no chain has a row in it that was written after its head here,
 * whatever time the row carries.
 */
async function sorted(db: Kysely<ServerAuditTables>, removed: RemovedRows): Promise<{ due: Sorted[]; kept: Sorted[] }> {
  const due: Sorted[] = []
  const kept: Sorted[] = []
  for (const month of await monthsOf(db)) {
    const lasts = await lastsIn(db, month)
    const goes = isOld(month, lasts, removed) && !(await reachInto(db, kept, month))
    ;(goes ? due : kept).push({ month, lasts })
  }
  return { due, kept }
}

function isOld({ to }: Pick<Month, 'to'>, lasts: readonly Last[], { heads, before }: RemovedRows): boolean {
  return to <= before && lasts.every(({ writer, seq }) => seq <= (heads[writer]?.seq ?? 0))
}

/** False: somebody reads or writes it just now, or it takes longer than a statement may; the next run finishes it. */
async function unlessHeld(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } catch (error) {
    // lock_timeout or statement_timeout.
    if (error instanceof StorageError && ['locked', 'unavailable'].includes(error.reason)) return false
    throw error
  }
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
async function reachInto(db: Kysely<ServerAuditTables>, kept: readonly Sorted[], month: Month): Promise<boolean> {
  for (const one of kept) {
    const { rows } = await sql`select 1 from ${segments(one.month)} where last_ts >= ${month.from} limit 1`.execute(db)
    if (rows.length > 0) return true
  }
  return false
}

/** Sequence numbers of a chain that one statement goes through. */
const STEP_ROWS = 100_000

/** Entries first: the index never names a row that is not there. */
async function dropMonth(
  db: Kysely<ServerAuditTables>,
  month: Month,
  lasts: readonly Last[],
  removed: RemovedRows,
): Promise<boolean> {
  for (const { writer } of lasts) await removeEntriesBeyond(db, month, writer)
  return (await drop(db, 'audit_entry', month, removed)) && (await drop(db, 'audit_segment', month, removed))
}

/** Of segments that reach into later months. */
async function removeEntriesBeyond(db: Kysely<ServerAuditTables>, month: Month, writer: string): Promise<void> {
  const table = segments(month)
  for (let from: number | null = 0; ;) {
    const { rows }: { rows: { first: number | null }[] } = await sql<{ first: number | null }>`select min(first_seq) as first
      from ${table} where writer = ${writer} and first_seq >= ${from}`.execute(db)
    from = rows[0]?.first ?? null
    if (from === null) return
    await sql`delete from audit_entry using ${table} as gone where gone.writer = ${writer}
      and gone.first_seq >= ${from} and gone.first_seq < ${from + STEP_ROWS} and gone.last_ts >= ${month.to}
      and audit_entry.ts >= ${month.to} and audit_entry.ts <= gone.last_ts
      and audit_entry.writer = gone.writer and audit_entry.seq between gone.first_seq and gone.last_seq`.execute(db)
    from += STEP_ROWS
  }
}

async function drop(
  db: Kysely<ServerAuditTables>,
  table: 'audit_entry' | 'audit_segment',
  month: Month,
  removed: RemovedRows,
): Promise<boolean> {
  const partition = `${table}_${month.name}`
  if (!(await exists(db, partition))) return true
  await sql.raw(`alter table ${table} detach partition ${partition} concurrently`).execute(db)
  return dropDetached(db, partition, month, removed)
}

/** In turn with whoever makes months. */
function dropDetached(db: Kysely<ServerAuditTables>, partition: string, month: Month, removed: RemovedRows): Promise<boolean> {
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (trx) => {
      await lockMonths(trx)
      if (await isAttached(trx, partition)) return false
      // What came in until it was detached stays.
      const stays = await holdsMore(trx, month, removed)
      if (stays) await makeMonth(trx, month)
      else await sql.raw(`drop table ${partition}`).execute(trx)
      return !stays
    })
}

async function exists(db: Kysely<ServerAuditTables>, table: string): Promise<boolean> {
  const { rows } = await sql<{ found: string | null }>`select to_regclass(${table})::text as found`.execute(db)
  return rows[0]?.found !== null
}

/** Who comes to a month that is detached makes it a part of the audit again, until it is dropped. */
async function isAttached(db: Kysely<ServerAuditTables>, partition: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_inherits where inhrelid = to_regclass(${partition})`.execute(db)
  return rows.length > 0
}

async function holdsMore(db: Kysely<ServerAuditTables>, month: Month, removed: RemovedRows): Promise<boolean> {
  return (await exists(db, `audit_segment_${month.name}`)) && !isOld(month, await lastsIn(db, month), removed)
}

/** What an earlier run was interrupted at: between detaching and dropping nobody sees a partition any more. What else is detached is left. */
async function finishDetached(db: Kysely<ServerAuditTables>, removed: RemovedRows): Promise<{ left: string[]; waiting: number }> {
  const { rows } = await sql<{ table: string; name: string; pending: number | null }>`
    select substr(relname, 1, length(relname) - 8) as table, right(relname, 7)::text as name, inhdetachpending as pending
    from pg_class left join pg_inherits on inhrelid = oid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^audit_(segment|entry)_[0-9]{4}_[0-9]{2}$'
      and (inhrelid is null or inhdetachpending) order by 1, 2`.execute(db)
  const found = { left: [] as string[], waiting: 0 }
  for (const { table, name, pending } of rows) {
    const month = { name, ...monthOf(Date.parse(`${name.replace('_', '-')}-01T00:00:00Z`)) }
    const partition = `${table}_${name}`
    const isDone = await unlessHeld(async () => {
      if (month.to > removed.before || (await holdsMore(db, month, removed))) return found.left.push(partition) > 0
      if (pending === 1) await sql.raw(`alter table ${table} detach partition ${partition} finalize`).execute(db)
      return dropDetached(db, partition, month, removed)
    })
    if (!isDone) found.waiting += 1
  }
  return found
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
