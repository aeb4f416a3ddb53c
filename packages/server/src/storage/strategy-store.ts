import type { Stream } from '@spark/core/market/candle'
import type { Timeframe } from '@spark/core/market/timeframe'
import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Strategy, StrategyMode, StrategyStatus } from '@spark/core/trading/strategy'
import type { Kysely } from 'kysely'
import { prepared } from './prepared.ts'
import type { StrategyRow } from './trading-tables.ts'
import type { MainTables } from './tables.ts'

export interface StoredStrategy extends Strategy {
  /** Why Spark paused it by itself; null otherwise. */
  pauseReason: string | null
  /** Open time of the candle it decided on last, ms; 0 before the first. */
  decidedTs: number
}

export interface StrategyStore {
  /** Adds those whose id is new, in the order given; what is stored stays as it is. Resolves with the ids added. */
  install(strategies: readonly Strategy[], nowMs: number): Promise<string[]>
  /** By id. */
  list(trx?: Kysely<MainTables>): Promise<StoredStrategy[]>
  /** Those that decide on the candles of these streams, by id. */
  on(streams: readonly Stream[]): Promise<StoredStrategy[]>
  /** Ids of those that are paused or stopped. */
  notRunning(): Promise<string[]>
  /** Whether any is paused with this reason. */
  isPausedFor(reason: string): Promise<boolean>
  /** Of all together, quote units. */
  totalCapital(): Promise<DecimalText>
  get(id: string, trx?: Kysely<MainTables>): Promise<StoredStrategy | null>
  /** False when the id is taken. */
  create(trx: Kysely<MainTables>, strategy: Strategy, nowMs: number): Promise<boolean>
  /** False when there is no such strategy. */
  change(
    trx: Kysely<MainTables>,
    id: string,
    change: Partial<Pick<Strategy, 'name' | 'capital' | 'mode'>>,
    nowMs: number,
  ): Promise<boolean>
  setStatus(
    trx: Kysely<MainTables>,
    id: string,
    status: StrategyStatus,
    pauseReason: string | null,
    nowMs: number,
  ): Promise<boolean>
  /** Each strategy decides once a candle. Part of the transaction that holds what it decided. */
  markDecided(trx: Kysely<MainTables>, ids: readonly string[], candleTs: number): Promise<void>
}

const ROWS_A_STATEMENT = 500

const standing = prepared<MainTables, Record<string, never>, { id: string }>((from) =>
  from.selectFrom('strategy').select('id').where('status', '!=', 'running'),
)
const onStreams = prepared<MainTables, { streams: readonly Stream[] }, StrategyRow>(
  (from, parameter) =>
    from
      .selectFrom('strategy')
      .selectAll()
      .where((eb) => eb.or(parameter('streams').map(({ symbol, tf }) => eb.and([eb('symbol', '=', symbol), eb('tf', '=', tf)]))))
      .orderBy('id'),
  ({ streams }) => streams.length,
)
const capitals = prepared<MainTables, Record<string, never>, { capital: string; count: number }>((from) =>
  from
    .selectFrom('strategy')
    .select(['capital', (eb) => eb.fn.countAll<number>().as('count')])
    .groupBy('capital'),
)
const decided = prepared<MainTables, { ids: readonly string[]; candleTs: number }>(
  (from, parameter) =>
    from
      .updateTable('strategy')
      .set({ decided_ts: parameter('candleTs') })
      .where('id', 'in', parameter('ids')),
  ({ ids }) => ids.length,
)

export function createStrategyStore(db: Kysely<MainTables>): StrategyStore {
  return {
    install: (strategies, nowMs) => install(db, strategies, nowMs),
    async list(trx = db) {
      return (await trx.selectFrom('strategy').selectAll().orderBy('id').execute()).map(fromRow)
    },
    on: async (streams) => (await onStreams(db, { streams })).rows.map(fromRow),
    async notRunning() {
      return (await standing(db, {})).rows.map(({ id }) => id)
    },
    isPausedFor: (reason) => isPausedFor(db, reason),
    totalCapital: () => totalCapital(db),
    async get(id, trx = db) {
      const row = await trx.selectFrom('strategy').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async create(trx, strategy, nowMs) {
      const inserted = await trx
        .insertInto('strategy')
        .values(toRow(strategy, nowMs))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .execute()
      return inserted.length === 1
    },
    async change(trx, id, change, nowMs) {
      const rows = await trx
        .updateTable('strategy')
        .set({ ...change, changed_at: nowMs })
        .where('id', '=', id)
        .returning('id')
        .execute()
      return rows.length === 1
    },
    async setStatus(trx, id, status, pauseReason, nowMs) {
      const rows = await trx
        .updateTable('strategy')
        .set({ status, pause_reason: pauseReason, changed_at: nowMs })
        .where('id', '=', id)
        .returning('id')
        .execute()
      return rows.length === 1
    },
    async markDecided(trx, ids, candleTs) {
      for (let at = 0; at < ids.length; at += ROWS_A_STATEMENT)
        await decided(trx, { ids: ids.slice(at, at + ROWS_A_STATEMENT), candleTs })
    },
  }
}

async function install(db: Kysely<MainTables>, strategies: readonly Strategy[], nowMs: number): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    const added: string[] = []
    for (let at = 0; at < strategies.length; at += ROWS_A_STATEMENT) {
      const rows = strategies.slice(at, at + ROWS_A_STATEMENT).map((strategy) => toRow(strategy, nowMs))
      const inserted = await trx
        .insertInto('strategy')
        .values(rows)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .execute()
      added.push(...inserted.map(({ id }) => id))
    }
    return added
  })
}

async function isPausedFor(db: Kysely<MainTables>, reason: string): Promise<boolean> {
  const row = await db
    .selectFrom('strategy')
    .select('id')
    .where('status', '=', 'paused')
    .where('pause_reason', '=', reason)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Few amounts are distinct, and no database adds decimals that are text. */
async function totalCapital(db: Kysely<MainTables>): Promise<DecimalText> {
  const { rows } = await capitals(db, {})
  return rows.reduce((sum, { capital, count }) => sum.plus(new Decimal(capital).times(count)), new Decimal(0)).toString()
}

function toRow({ id, name, symbol, tf, capital, mode, status, baseline, exposed }: Strategy, nowMs: number): StrategyRow {
  return {
    id,
    name,
    symbol,
    tf,
    capital,
    mode,
    status,
    baseline,
    exposed: exposed ? 1 : 0,
    pause_reason: null,
    decided_ts: 0,
    created_at: nowMs,
    changed_at: nowMs,
  }
}

function fromRow(row: StrategyRow): StoredStrategy {
  return {
    id: row.id,
    name: row.name,
    symbol: row.symbol,
    tf: row.tf as Timeframe,
    capital: row.capital,
    mode: row.mode as StrategyMode,
    status: row.status as StrategyStatus,
    baseline: 'ema_cross',
    exposed: row.exposed === 1,
    pauseReason: row.pause_reason,
    decidedTs: row.decided_ts,
  }
}
