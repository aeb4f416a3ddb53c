import type { Kysely, Transaction } from 'kysely'
import { dropCandlePartitions } from './candle-partitions.ts'
import type { MainTables } from './tables.ts'

export interface PrunedCandles {
  /** Removed one by one: in files. */
  candles: number
  /** Dropped whole: on PostgreSQL. */
  partitions: number
  /** Of those that are due, what somebody reads just now: the next run drops them. */
  waiting: number
}

/** A transaction of this many rows takes a few ms, so that others of the same file hardly wait. */
const BATCH_ROWS = 2_000

/**
 * Removes candles of a timeframe that opened before a time: in files all of them, a batch a transaction; on PostgreSQL the partitions
 * that have nothing else. What is known of gaps of the exchange goes with the candles around them. Whatever ends it, the next call goes on.
 */
export async function pruneCandles(db: Kysely<MainTables>, tf: string, beforeMs: number): Promise<PrunedCandles> {
  const dropped = await dropCandlePartitions(db, tf, beforeMs)
  const candles = dropped === null ? await removeCandles(db, tf, beforeMs) : 0
  const { partitions, waiting, keptFrom } = dropped ?? { partitions: 0, waiting: 0, keptFrom: beforeMs }
  await db.deleteFrom('candle_gap').where('tf', '=', tf).where('first_missing_ts', '<', keptFrom).execute()
  return { candles, partitions, waiting }
}

async function removeCandles(db: Kysely<MainTables>, tf: string, beforeMs: number): Promise<number> {
  let candles = 0
  for (let symbol = await symbolAfter(db, ''); symbol !== null; symbol = await symbolAfter(db, symbol)) {
    const stream = { symbol, tf }
    let removed: number
    do candles += removed = await db.transaction().execute((trx) => removeBatch(trx, stream, beforeMs))
    while (removed > 0)
  }
  return candles
}

/** By the primary key: from one symbol to the next. */
async function symbolAfter(db: Kysely<MainTables>, symbol: string): Promise<string | null> {
  const row = await db
    .selectFrom('candle')
    .select('symbol')
    .where('symbol', '>', symbol)
    .orderBy('symbol')
    .limit(1)
    .executeTakeFirst()
  return row?.symbol ?? null
}

async function removeBatch(
  trx: Transaction<MainTables>,
  { symbol, tf }: { symbol: string; tf: string },
  beforeMs: number,
): Promise<number> {
  const due = trx.selectFrom('candle').select('ts').where('symbol', '=', symbol).where('tf', '=', tf).where('ts', '<', beforeMs)
  const next = await due.orderBy('ts').limit(1).offset(BATCH_ROWS).executeTakeFirst()
  const { numDeletedRows } = await trx
    .deleteFrom('candle')
    .where('symbol', '=', symbol)
    .where('tf', '=', tf)
    .where('ts', '<', next?.ts ?? beforeMs)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
