import { isTimeframe } from '@spark/core/market/timeframe'
import { type Kysely, PostgresAdapter, sql, type Transaction } from 'kysely'
import { sha256 } from '../sha256.ts'
import { StorageError } from './storage-error.ts'
import type { CandleRow } from './tables.ts'

/** Where candles stand on PostgreSQL, `from` <= ts < `to`. */
export interface CandlePartition {
  name: string
  tf: string
  from: number
  to: number
}

/**
 * Those of 1m a month, of longer ones a year: 44,640 and at most 105,408 a symbol. What this says never changes: partitions stand in
 * databases by it.
 */
export function candlePartitionOf({ tf, ts }: Pick<CandleRow, 'tf' | 'ts'>): CandlePartition {
  const date = new Date(ts)
  const year = date.getUTCFullYear()
  // A copied installation may have rows of no timeframe that Spark knows.
  const word = isTimeframe(tf) ? tf : sha256(tf).slice(0, 16)
  if (tf !== '1m') return { name: `candle_${word}_${year}`, tf, from: Date.UTC(year, 0), to: Date.UTC(year + 1, 0) }
  const month = date.getUTCMonth()
  const name = `candle_1m_${year}_${String(month + 1).padStart(2, '0')}`
  return { name, tf, from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}

const TRIES_MAX = 3

/**
 * Does `put`, which inserts `rows`. Where it finds no partition for them they are made, and it is done again. Looked at when it has
 * failed and not before: a partition begins once a month or a year, and one may have been dropped at any time. In files it never fails so.
 */
export async function withPartitions<Tables, Result>(
  db: Kysely<Tables>,
  rows: readonly Pick<CandleRow, 'tf' | 'ts'>[],
  put: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await put()
    } catch (error) {
      if (tries === TRIES_MAX || !isWithoutPartition(error)) throw error
    }
    const partitions = new Map(rows.map((row) => candlePartitionOf(row)).map((one) => [one.name, one]))
    await db.transaction().execute((trx) => makePartitions(trx, [...partitions.values()]))
  }
}

/** PostgreSQL says check_violation of a table and of no constraint. */
function isWithoutPartition(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error && 'table' in error)) return false
  return error.code === '23514' && error.table === 'candle' && !('constraint' in error && error.constraint !== undefined)
}

/** Any number that nobody else uses. */
const CREATE_LOCK = 7_412_083_003

/**
 * Those that are not there. Who makes some at the same time waits. Attached, because a table created as a partition waits for everybody
 * who reads candles, and everybody who writes some waits behind it.
 */
async function makePartitions<Tables>(trx: Transaction<Tables>, partitions: readonly CandlePartition[]): Promise<void> {
  await sql`select pg_advisory_xact_lock(${CREATE_LOCK})`.execute(trx)
  for (const { name, tf, from, to } of partitions) {
    const { rows } = await sql<{ found: string | null }>`select to_regclass(${`"${name}"`})::text as found`.execute(trx)
    if (rows[0]?.found !== null) continue
    await sql`create table ${sql.id(name)} (like candle including all)`.execute(trx)
    const bounds = sql`(${sql.lit(tf)}, ${sql.lit(from)}) to (${sql.lit(tf)}, ${sql.lit(to)})`
    await sql`alter table candle attach partition ${sql.id(name)} for values from ${bounds}`.execute(trx)
  }
}

/** Whoever asks for candles waits behind a drop that waits itself, and whoever writes anything does too. */
const DROP_LOCK_TIMEOUT_MS = 500

export interface DroppedPartitions {
  partitions: number
  waiting: number
  /** Of the timeframe, no candle that opened before is there; at most `beforeMs`. */
  keptFrom: number
}

/**
 * Drops the partitions of a timeframe whose candles all opened before a time, each in a transaction of its own. PostgreSQL locks the whole
 * of `candle` for it: after the first that waits for somebody who reads, the others are left for the next call as well. Null: this
 * database has none, it is a file.
 */
export async function dropCandlePartitions<Tables>(
  db: Kysely<Tables>,
  tf: string,
  beforeMs: number,
): Promise<DroppedPartitions | null> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return null
  const found = { partitions: 0, waiting: 0, keptFrom: beforeMs }
  for (const { name, from, to } of await partitionsOf(db, tf)) {
    const isDue = to <= beforeMs
    if (isDue && found.waiting === 0 && (await dropPartition(db, name))) {
      found.partitions += 1
      continue
    }
    if (isDue) found.waiting += 1
    found.keptFrom = Math.min(found.keptFrom, from)
  }
  return found
}

async function partitionsOf<Tables>(db: Kysely<Tables>, tf: string): Promise<Omit<CandlePartition, 'tf'>[]> {
  const { rows } = await sql<{
    name: string
    bounds: string
  }>`select relname::text as name, pg_get_expr(relpartbound, oid) as bounds
    from pg_inherits join pg_class on oid = inhrelid where inhparent = 'candle'::regclass order by relname`.execute(db)
  return rows.flatMap(({ name, bounds }) => {
    // FOR VALUES FROM ('1m', '1709251200000') TO ('1m', '1711929600000')
    const [, ofTf, from, to] = / FROM \('(\w+)', '(-?\d+)'\) TO \('\w+', '(-?\d+)'\)$/.exec(bounds) ?? []
    return ofTf === tf ? [{ name, from: Number(from), to: Number(to) }] : []
  })
}

async function dropPartition<Tables>(db: Kysely<Tables>, name: string): Promise<boolean> {
  try {
    await db.transaction().execute(async (trx) => {
      await sql`set local lock_timeout = ${sql.lit(DROP_LOCK_TIMEOUT_MS)}`.execute(trx)
      await sql`drop table if exists ${sql.id(name)}`.execute(trx)
    })
    return true
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'locked') return false
    throw error
  }
}
