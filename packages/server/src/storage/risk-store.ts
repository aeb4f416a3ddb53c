import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Side } from '@spark/core/trading/order'
import type { Kysely } from 'kysely'
import { IS_OPEN } from './order-store.ts'
import { prepared } from './prepared.ts'
import type { MainTables } from './tables.ts'

/** `all`, `venue:NAME` or `strategy:ID`. */
export type KillScope = string

export interface KillSwitch {
  scope: KillScope
  reason: string
  actor: string
  setAt: number
}

/** What stands between a decision and the venue, read in the transaction that sends. */
export interface Fence {
  epoch: number
  mlOff: boolean
  /** ML orders that increase risk are sent until then, ms. */
  leaseUntil: number
}

/** What limits are held against, read in the transaction that reserves. */
export interface RiskSums {
  /** Positions at cost and what open orders may add, quote units. */
  total: DecimalText
  byStrategy: ReadonlyMap<string, DecimalText>
  /** Strategies with an order that has not ended. */
  busy: ReadonlySet<string>
  /** Orders created in the last minute, refused ones left out. */
  ordersLastMinute: number
  /** `strategy side` → accepted orders in the repeat window. */
  repeats: ReadonlyMap<string, number>
  /** `strategy side candleTs` of every order that exists for these candles. */
  existing: ReadonlySet<string>
}

/** What is used of the limits in all, for those who show them. */
export interface RiskUsage {
  /** Positions at cost and what open orders may add, quote units: in all, and of the strategy that has most. */
  total: DecimalText
  largest: { strategyId: string; amount: DecimalText } | null
  ordersLastMinute: number
  /** Of the strategy and side with most accepted orders in the repeat window. */
  mostRepeated: { strategyId: string; side: Side; count: number } | null
  /** Held or on order, by name. */
  symbols: string[]
}

export interface RiskStore {
  sums(
    trx: Kysely<MainTables>,
    query: { strategyIds: readonly string[]; candleTs: readonly number[]; nowMs: number; repeatWindowMs: number },
  ): Promise<RiskSums>
  usage(query: { nowMs: number; repeatWindowMs: number }): Promise<RiskUsage>
  epoch(trx: Kysely<MainTables>): Promise<Fence>
  /** Epoch + 1: orders of before that increase risk are not sent any more. The lease on exposure ends. */
  raiseEpoch(trx: Kysely<MainTables>, change: { mlOff: boolean; nowMs: number }): Promise<number>
  /** Exposure counts until `leaseUntil`, ms; ML is on. */
  leaseExposure(trx: Kysely<MainTables>, leaseUntil: number): Promise<void>
  /** ML may be asked again: a rollout begins. */
  turnMlOn(trx: Kysely<MainTables>, nowMs: number): Promise<void>
  killSwitches(trx?: Kysely<MainTables>): Promise<KillSwitch[]>
  /** Setting it again keeps the first reason. */
  kill(trx: Kysely<MainTables>, killed: KillSwitch): Promise<void>
  /** False when it was not set. */
  unkill(trx: Kysely<MainTables>, scope: KillScope): Promise<boolean>
}

const IDS_A_STATEMENT = 500

export const repeatKey = (strategyId: string, side: Side): string => `${strategyId} ${side}`
export const candleKey = (strategyId: string, side: Side, candleTs: number): string => `${strategyId} ${side} ${candleTs}`

export function createRiskStore(db: Kysely<MainTables>): RiskStore {
  return {
    async sums(trx, { strategyIds, candleTs, nowMs, repeatWindowMs }) {
      const { total, ordersLastMinute } = await totals(trx, nowMs - 60_000)
      const byStrategy = new Map<string, DecimalText>()
      const busy = new Set<string>()
      const repeats = new Map<string, number>()
      const existing = new Set<string>()
      for (let at = 0; at < strategyIds.length; at += IDS_A_STATEMENT) {
        const ids = strategyIds.slice(at, at + IDS_A_STATEMENT)
        const reserved = await reservedMicros(trx, ids)
        for (const [id, micros] of await exposureMicros(trx, ids))
          byStrategy.set(id, fromMicros(micros + (reserved.get(id) ?? 0)))
        for (const [id, micros] of reserved) {
          busy.add(id)
          if (!byStrategy.has(id)) byStrategy.set(id, fromMicros(micros))
        }
        for (const { strategy_id: id, side, count } of await repeatCounts(trx, ids, nowMs - repeatWindowMs))
          repeats.set(repeatKey(id, side as Side), count)
        const rows = await trx
          .selectFrom('trade_order')
          .select(['strategy_id', 'side', 'candle_ts'])
          .where('strategy_id', 'in', ids)
          .where('candle_ts', 'in', [...candleTs])
          .execute()
        for (const row of rows) existing.add(candleKey(row.strategy_id, row.side as Side, row.candle_ts))
      }
      return { total: fromMicros(total), byStrategy, busy, ordersLastMinute, repeats, existing }
    },
    usage: (query) => usage(db, query),
    async epoch(trx) {
      const [row] = (await fence(trx, {})).rows
      if (row === undefined) throw new Error('the rollout epoch is missing')
      return fenceOf(row)
    },
    async raiseEpoch(trx, { mlOff, nowMs }) {
      const { epoch } = await trx
        .updateTable('rollout_epoch')
        .set((eb) => ({ epoch: eb('epoch', '+', 1), ml_off: mlOff ? 1 : 0, lease_until: 0, changed_at: nowMs }))
        .where('id', '=', 1)
        .returning('epoch')
        .executeTakeFirstOrThrow()
      return epoch
    },
    async leaseExposure(trx, leaseUntil) {
      await lease(trx, { until: leaseUntil })
    },
    async turnMlOn(trx, nowMs) {
      await trx.updateTable('rollout_epoch').set({ ml_off: 0, changed_at: nowMs }).where('id', '=', 1).execute()
    },
    async killSwitches(trx = db) {
      return (await setSwitches(trx, {})).rows.map(({ scope, reason, actor, set_at: setAt }) => ({ scope, reason, actor, setAt }))
    },
    async kill(trx, { scope, reason, actor, setAt }) {
      await trx
        .insertInto('kill_switch')
        .values({ scope, reason, actor, set_at: setAt })
        .onConflict((conflict) => conflict.column('scope').doNothing())
        .execute()
    },
    async unkill(trx, scope) {
      return (await trx.deleteFrom('kill_switch').where('scope', '=', scope).returning('scope').execute()).length === 1
    },
  }
}

export type FenceRow = Pick<MainTables['rollout_epoch'], 'epoch' | 'ml_off' | 'lease_until'>

export function fenceOf({ epoch, ml_off: mlOff, lease_until: leaseUntil }: FenceRow): Fence {
  return { epoch, mlOff: mlOff === 1, leaseUntil }
}

const fence = prepared<MainTables, Record<string, never>, FenceRow>((from) =>
  from.selectFrom('rollout_epoch').select(['epoch', 'ml_off', 'lease_until']).where('id', '=', 1),
)
const lease = prepared<MainTables, { until: number }>((from, parameter) =>
  from
    .updateTable('rollout_epoch')
    .set({ lease_until: parameter('until') })
    .where('id', '=', 1),
)
const setSwitches = prepared<MainTables, Record<string, never>, MainTables['kill_switch']>((from) =>
  from.selectFrom('kill_switch').selectAll().orderBy('scope'),
)

const sumsOfAll = prepared<
  MainTables,
  { since: number },
  { held: number | null; reserved: number | null; orders: number | null }
>((from, parameter) =>
  from.selectNoFrom((eb) => [
    eb
      .selectFrom('position')
      .select((one) => one.fn.sum<number | null>('exposure_micros').as('micros'))
      .as('held'),
    eb
      .selectFrom('trade_order')
      .select((one) => one.fn.sum<number | null>('reserved_micros').as('micros'))
      .where(IS_OPEN)
      .as('reserved'),
    eb
      .selectFrom('trade_order')
      .select((one) => one.fn.countAll<number>().as('count'))
      .where('created_at', '>', parameter('since'))
      .where('state', '!=', 'rejected')
      .as('orders'),
  ]),
)

/** Which of the switches stops orders of a strategy at a venue, or null. */
export function killedBy(switches: readonly KillSwitch[], strategyId: string, venue: string): KillSwitch | null {
  const scopes = new Set(['all', `venue:${venue}`, `strategy:${strategyId}`])
  return switches.find(({ scope }) => scopes.has(scope)) ?? null
}

async function usage(
  db: Kysely<MainTables>,
  { nowMs, repeatWindowMs }: { nowMs: number; repeatWindowMs: number },
): Promise<RiskUsage> {
  const sums = new Map(await exposureMicros(db, null))
  for (const [id, micros] of await reservedMicros(db, null)) sums.set(id, (sums.get(id) ?? 0) + micros)
  const byStrategy = [...sums].map(([strategyId, micros]) => ({ strategyId, micros }))
  const { total, ordersLastMinute } = await totals(db, nowMs - 60_000)
  const largest = most(byStrategy, ({ micros }) => micros)
  const repeated = most(await repeatCounts(db, null, nowMs - repeatWindowMs), ({ count }) => count)
  const held = db.selectFrom('position').select('symbol').where('quantity', '!=', '0')
  const symbols = await held.union(db.selectFrom('trade_order').select('symbol').where(IS_OPEN)).execute()
  return {
    total: fromMicros(total),
    largest: largest === null ? null : { strategyId: largest.strategyId, amount: fromMicros(largest.micros) },
    ordersLastMinute,
    mostRepeated:
      repeated === null ? null : { strategyId: repeated.strategy_id, side: repeated.side as Side, count: repeated.count },
    symbols: symbols.map(({ symbol }) => symbol).sort(),
  }
}

/** The first of those with the highest number above 0, or null. */
function most<Item>(items: readonly Item[], numberOf: (item: Item) => number): Item | null {
  return items.reduce<Item | null>((best, item) => (numberOf(item) > (best === null ? 0 : numberOf(best)) ? item : best), null)
}

function fromMicros(micros: number): DecimalText {
  return new Decimal(micros).div(1_000_000).toString()
}

async function totals(trx: Kysely<MainTables>, sinceMs: number): Promise<{ total: number; ordersLastMinute: number }> {
  const [sums] = (await sumsOfAll(trx, { since: sinceMs })).rows
  if (sums === undefined) throw new Error('the sums of risk are missing')
  const { held, reserved, orders } = sums
  return { total: (held ?? 0) + (reserved ?? 0), ordersLastMinute: orders ?? 0 }
}

/** Of all strategies when `ids` is null. */
async function exposureMicros(trx: Kysely<MainTables>, ids: readonly string[] | null): Promise<[string, number][]> {
  const rows = await trx
    .selectFrom('position')
    .select(['strategy_id', 'exposure_micros'])
    .$if(ids !== null, (query) => query.where('strategy_id', 'in', ids ?? []))
    .orderBy('strategy_id')
    .execute()
  return rows.map(({ strategy_id: id, exposure_micros: micros }) => [id, micros])
}

/** What open orders may add, for each strategy that has one. */
async function reservedMicros(trx: Kysely<MainTables>, ids: readonly string[] | null): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('trade_order')
    .select(['strategy_id', (eb) => eb.fn.sum<number>('reserved_micros').as('micros')])
    .$if(ids !== null, (query) => query.where('strategy_id', 'in', ids ?? []))
    .where(IS_OPEN)
    .groupBy('strategy_id')
    .execute()
  return new Map(rows.map(({ strategy_id: id, micros }) => [id, micros]))
}

/** Of all strategies when `ids` is null. */
function repeatCounts(trx: Kysely<MainTables>, ids: readonly string[] | null, sinceMs: number) {
  return trx
    .selectFrom('trade_order')
    .select(['strategy_id', 'side', (eb) => eb.fn.countAll<number>().as('count')])
    .$if(ids !== null, (query) => query.where('strategy_id', 'in', ids ?? []))
    .where('created_at', '>', sinceMs)
    .where('state', '!=', 'rejected')
    .groupBy(['strategy_id', 'side'])
    .orderBy('strategy_id')
    .orderBy('side')
    .execute()
}
