import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Side } from '@spark/core/trading/order'
import type { TradingArm } from '@spark/core/trading/strategy'
import { sql, type Kysely } from 'kysely'
import type { FillRow, PositionRow } from './trading-tables.ts'
import { prepared, standIns } from './prepared.ts'
import type { MainTables } from './tables.ts'

/** What a strategy holds. A flat one has no row or quantity 0. */
export interface StoredPosition {
  strategyId: string
  symbol: string
  /** The arm that opened it. */
  arm: TradingArm
  /** Base units. */
  quantity: DecimalText
  /** Cost per base unit, quote units. */
  averagePrice: DecimalText
  openedAt: number
  /** Handed over: only ever closed. */
  reduceOnly: boolean
}

export interface StoredFill {
  venue: string
  symbol: string
  fillId: string
  intentId: string
  strategyId: string
  arm: TradingArm
  side: Side
  quantity: DecimalText
  price: DecimalText
  fee: DecimalText
  feeAsset: string
  /** Quote units; 0 for a buy. */
  realized: DecimalText
  ts: number
}

export interface Profit {
  strategyId: string
  arm: TradingArm
  /** Quote units, after fees. */
  realized: DecimalText
  /** In realized already. */
  fees: DecimalText
  fills: number
}

/** What one arm of a strategy made real by closing. */
export interface Earned {
  strategyId: string
  arm: TradingArm
  /** Quote units, after fees, to a millionth a fill. */
  realized: DecimalText
  /** Fills that closed something. */
  closes: number
}

export interface FillFilter {
  strategyId?: string
  symbol?: string
  fromMs?: number
  toMs?: number
  /** Only those behind this one in the list. */
  after?: FillPlace
  limit: number
}

/** What a list of fills is ordered by: newest first, then by the rest. */
export type FillPlace = Pick<StoredFill, 'ts' | 'venue' | 'symbol' | 'fillId'>

export interface PositionStore {
  get(trx: Kysely<MainTables>, strategyId: string): Promise<StoredPosition | null>
  /** Not flat, by strategy. */
  open(trx?: Kysely<MainTables>): Promise<StoredPosition[]>
  /** The same for who looks again and again: the same list as long as nothing was filled. `reduceOnly` may be older. */
  held(): Promise<readonly StoredPosition[]>
  /** What these strategies hold, flat ones left out. */
  of(trx: Kysely<MainTables>, strategyIds: readonly string[]): Promise<StoredPosition[]>
  put(trx: Kysely<MainTables>, position: StoredPosition, nowMs: number): Promise<void>
  /** ML positions pass to the baseline, which only ever closes them. */
  handOver(trx: Kysely<MainTables>, nowMs: number): Promise<void>
  hasFill(trx: Kysely<MainTables>, fill: Pick<StoredFill, 'venue' | 'symbol' | 'fillId'>): Promise<boolean>
  /** Those of `fillIds` that are booked. */
  knownFills(venue: string, symbol: string, fillIds: readonly string[]): Promise<Set<string>>
  addFill(trx: Kysely<MainTables>, fill: StoredFill, nowMs: number): Promise<void>
  addProfit(trx: Kysely<MainTables>, profit: Omit<Profit, 'fills'>, nowMs: number): Promise<void>
  /** The same list while nothing was added. */
  profits(): Promise<readonly Profit[]>
  /** Of the fills since `fromMs`, by strategy and arm; those that closed nothing are left out. */
  earnedSince(fromMs: number): Promise<Earned[]>
  /** Newest first. */
  fills(filter: FillFilter): Promise<StoredFill[]>
  /** Of one order, oldest first. */
  fillsOf(intentId: string): Promise<StoredFill[]>
}

const IDS_A_STATEMENT = 500

const positionOf = prepared<MainTables, { id: string }, PositionRow>((from, parameter) =>
  from.selectFrom('position').selectAll().where('strategy_id', '=', parameter('id')),
)
const openPositions = prepared<MainTables, Record<string, never>, PositionRow>((from) =>
  from.selectFrom('position').selectAll().where('quantity', '!=', '0').orderBy('strategy_id'),
)
const heldBy = prepared<MainTables, { ids: readonly string[] }, PositionRow>(
  (from, parameter) =>
    from.selectFrom('position').selectAll().where('strategy_id', 'in', parameter('ids')).where('quantity', '!=', '0'),
  ({ ids }) => ids.length,
)
const putPosition = prepared<MainTables, PositionRow>((from, parameter, shape) => {
  const row = standIns(parameter, shape)
  return from
    .insertInto('position')
    .values(row)
    .onConflict((conflict) => conflict.column('strategy_id').doUpdateSet(row))
})
const fillNamed = prepared<MainTables, { venue: string; symbol: string; id: string }, { fill_id: string }>((from, parameter) =>
  from
    .selectFrom('order_fill')
    .select('fill_id')
    .where('venue', '=', parameter('venue'))
    .where('symbol', '=', parameter('symbol'))
    .where('fill_id', '=', parameter('id')),
)
const addedFill = prepared<MainTables, FillRow>((from, parameter, shape) =>
  from.insertInto('order_fill').values(standIns(parameter, shape)),
)
const fillsOfOrder = prepared<MainTables, { intent: string }, FillRow>((from, parameter) =>
  from.selectFrom('order_fill').selectAll().where('intent_id', '=', parameter('intent')).orderBy('ts').orderBy('fill_id'),
)
const profitOf = prepared<MainTables, { id: string; arm: string }, MainTables['profit']>((from, parameter) =>
  from.selectFrom('profit').selectAll().where('strategy_id', '=', parameter('id')).where('arm', '=', parameter('arm')),
)
const allProfits = prepared<MainTables, Record<string, never>, MainTables['profit']>((from) =>
  from.selectFrom('profit').selectAll().orderBy('strategy_id').orderBy('arm'),
)
const fillCount = prepared<MainTables, Record<string, never>, { fills: number | null }>((from) =>
  from.selectFrom('profit').select(({ fn }) => fn.sum<number | null>('fills').as('fills')),
)
const putProfit = prepared<MainTables, MainTables['profit']>((from, parameter, shape) => {
  const row = standIns(parameter, shape)
  return from
    .insertInto('profit')
    .values(row)
    .onConflict((conflict) => conflict.columns(['strategy_id', 'arm']).doUpdateSet(row))
})

export function createPositionStore(db: Kysely<MainTables>): PositionStore {
  return {
    async get(trx, strategyId) {
      const [row] = (await positionOf(trx, { id: strategyId })).rows
      return row === undefined ? null : fromRow(row)
    },
    async open(trx = db) {
      return (await openPositions(trx, {})).rows.map(fromRow)
    },
    async of(trx, strategyIds) {
      const held: StoredPosition[] = []
      for (let at = 0; at < strategyIds.length; at += IDS_A_STATEMENT) {
        const { rows } = await heldBy(trx, { ids: strategyIds.slice(at, at + IDS_A_STATEMENT) })
        held.push(...rows.map(fromRow))
      }
      return held
    },
    async put(trx, position, nowMs) {
      await putPosition(trx, toRow(position, nowMs))
    },
    handOver,
    async hasFill(trx, { venue, symbol, fillId }) {
      return (await fillNamed(trx, { venue, symbol, id: fillId })).rows.length > 0
    },
    knownFills: (venue, symbol, fillIds) => knownFills(db, venue, symbol, fillIds),
    async addFill(trx, fill, nowMs) {
      await addedFill(trx, toFillRow(fill, nowMs))
    },
    addProfit,
    held: untilFilled(db, async () => (await openPositions(db, {})).rows.map(fromRow)),
    profits: untilFilled(db, async () => (await allProfits(db, {})).rows.map(profitFromRow)),
    earnedSince: (fromMs) => earnedSince(db, fromMs),
    fills: (filter) => listFills(db, filter),
    async fillsOf(intentId) {
      return (await fillsOfOrder(db, { intent: intentId })).rows.map(fromFillRow)
    },
  }
}

/** Every change of a quantity or a profit is one fill more, so that their number tells whether there was any. */
function untilFilled<Item>(db: Kysely<MainTables>, read: () => Promise<readonly Item[]>): () => Promise<readonly Item[]> {
  let last: { fills: number | null; items: readonly Item[] } | null = null
  return async () => {
    // Counted first: what is added in between is counted the next time.
    const [counted] = (await fillCount(db, {})).rows
    const fills = counted?.fills ?? null
    if (last?.fills !== fills) last = { fills, items: await read() }
    return last.items
  }
}

async function earnedSince(db: Kysely<MainTables>, fromMs: number): Promise<Earned[]> {
  const rows = await db
    .selectFrom('order_fill')
    .select(({ fn }) => [
      'strategy_id',
      'arm',
      // Whole numbers add up exactly; decimals as text would be added as floats.
      sql<number>`sum(cast(round(cast(realized as numeric) * 1000000) as bigint))`.as('micros'),
      fn.countAll<number>().as('closes'),
    ])
    .where('ts', '>=', fromMs)
    .where('side', '=', 'sell')
    .groupBy(['strategy_id', 'arm'])
    .orderBy('strategy_id')
    .orderBy('arm')
    .execute()
  return rows.map(({ strategy_id: strategyId, arm, micros, closes }) => ({
    strategyId,
    arm: arm as TradingArm,
    realized: new Decimal(micros).div(1_000_000).toString(),
    closes,
  }))
}

async function listFills(
  db: Kysely<MainTables>,
  { strategyId, symbol, fromMs, toMs, after, limit }: FillFilter,
): Promise<StoredFill[]> {
  let query = db.selectFrom('order_fill').selectAll()
  if (strategyId !== undefined) query = query.where('strategy_id', '=', strategyId)
  if (symbol !== undefined) query = query.where('symbol', '=', symbol)
  if (fromMs !== undefined) query = query.where('ts', '>=', fromMs)
  if (toMs !== undefined) query = query.where('ts', '<', toMs)
  if (after !== undefined) {
    const behind = sql<boolean>`(venue, symbol, fill_id) > (${after.venue}, ${after.symbol}, ${after.fillId})`
    query = query.where((eb) => eb.or([eb('ts', '<', after.ts), eb.and([eb('ts', '=', after.ts), behind])]))
  }
  const ordered = query.orderBy('ts', 'desc').orderBy('venue').orderBy('symbol').orderBy('fill_id')
  return (await ordered.limit(limit).execute()).map(fromFillRow)
}

async function knownFills(
  db: Kysely<MainTables>,
  venue: string,
  symbol: string,
  fillIds: readonly string[],
): Promise<Set<string>> {
  const known = new Set<string>()
  for (let at = 0; at < fillIds.length; at += IDS_A_STATEMENT) {
    const rows = await db
      .selectFrom('order_fill')
      .select('fill_id')
      .where('venue', '=', venue)
      .where('symbol', '=', symbol)
      .where('fill_id', 'in', fillIds.slice(at, at + IDS_A_STATEMENT))
      .execute()
    for (const { fill_id: id } of rows) known.add(id)
  }
  return known
}

async function handOver(trx: Kysely<MainTables>, nowMs: number): Promise<void> {
  await trx
    .updateTable('position')
    .set({ reduce_only: 1, changed_at: nowMs })
    .where('arm', '=', 'ml')
    .where('quantity', '!=', '0')
    .execute()
}

async function addProfit(
  trx: Kysely<MainTables>,
  { strategyId, arm, realized, fees }: Omit<Profit, 'fills'>,
  nowMs: number,
): Promise<void> {
  const [known] = (await profitOf(trx, { id: strategyId, arm })).rows
  const sum = {
    realized: new Decimal(known?.realized ?? 0).plus(realized).toString(),
    fees: new Decimal(known?.fees ?? 0).plus(fees).toString(),
    fills: (known?.fills ?? 0) + 1,
    changed_at: nowMs,
  }
  await putProfit(trx, { strategy_id: strategyId, arm, ...sum })
}

/** Millionths of the quote unit, upwards, so that a sum of them is never too small. */
export function toMicros(amount: Decimal): number {
  return amount.times(1_000_000).ceil().toNumber()
}

function toRow(position: StoredPosition, nowMs: number): PositionRow {
  return {
    strategy_id: position.strategyId,
    symbol: position.symbol,
    arm: position.arm,
    quantity: position.quantity,
    average_price: position.averagePrice,
    opened_at: position.openedAt,
    reduce_only: position.reduceOnly ? 1 : 0,
    exposure_micros: toMicros(new Decimal(position.quantity).times(position.averagePrice)),
    changed_at: nowMs,
  }
}

function fromRow(row: PositionRow): StoredPosition {
  return {
    strategyId: row.strategy_id,
    symbol: row.symbol,
    arm: row.arm as TradingArm,
    quantity: row.quantity,
    averagePrice: row.average_price,
    openedAt: row.opened_at,
    reduceOnly: row.reduce_only === 1,
  }
}

function profitFromRow({ strategy_id: strategyId, arm, realized, fees, fills }: MainTables['profit']): Profit {
  return { strategyId, arm: arm as TradingArm, realized, fees, fills }
}

function toFillRow(fill: StoredFill, nowMs: number): FillRow {
  return {
    venue: fill.venue,
    symbol: fill.symbol,
    fill_id: fill.fillId,
    intent_id: fill.intentId,
    strategy_id: fill.strategyId,
    arm: fill.arm,
    side: fill.side,
    quantity: fill.quantity,
    price: fill.price,
    fee: fill.fee,
    fee_asset: fill.feeAsset,
    realized: fill.realized,
    ts: fill.ts,
    recorded_at: nowMs,
  }
}

function fromFillRow(row: FillRow): StoredFill {
  return {
    venue: row.venue,
    symbol: row.symbol,
    fillId: row.fill_id,
    intentId: row.intent_id,
    strategyId: row.strategy_id,
    arm: row.arm as TradingArm,
    side: row.side as Side,
    quantity: row.quantity,
    price: row.price,
    fee: row.fee,
    feeAsset: row.fee_asset,
    realized: row.realized,
    ts: row.ts,
  }
}
