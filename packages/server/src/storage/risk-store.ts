import { Decimal, type DecimalText } from '@spark/core/trading/decimal'
import type { Side } from '@spark/core/trading/order'
import type { Kysely } from 'kysely'
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
  /** Orders created in the last minute, refused ones left out. */
  ordersLastMinute: number
  /** `strategy side` → accepted orders in the repeat window. */
  repeats: ReadonlyMap<string, number>
  /** `strategy side candleTs` of every order that exists for these candles. */
  existing: ReadonlySet<string>
}

export interface RiskStore {
  sums(
    trx: Kysely<MainTables>,
    query: { strategyIds: readonly string[]; candleTs: readonly number[]; nowMs: number; repeatWindowMs: number },
  ): Promise<RiskSums>
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
      const total = await totalMicros(trx)
      const byStrategy = new Map<string, DecimalText>()
      const repeats = new Map<string, number>()
      const existing = new Set<string>()
      for (let at = 0; at < strategyIds.length; at += IDS_A_STATEMENT) {
        const ids = strategyIds.slice(at, at + IDS_A_STATEMENT)
        for (const [id, micros] of await strategyMicros(trx, ids)) byStrategy.set(id, fromMicros(micros))
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
      return { total: fromMicros(total), byStrategy, ordersLastMinute: await ordersSince(trx, nowMs - 60_000), repeats, existing }
    },
    async epoch(trx) {
      const row = await trx
        .selectFrom('rollout_epoch')
        .select(['epoch', 'ml_off', 'lease_until'])
        .where('id', '=', 1)
        .executeTakeFirstOrThrow()
      return { epoch: row.epoch, mlOff: row.ml_off === 1, leaseUntil: row.lease_until }
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
      await trx.updateTable('rollout_epoch').set({ lease_until: leaseUntil }).where('id', '=', 1).execute()
    },
    async turnMlOn(trx, nowMs) {
      await trx.updateTable('rollout_epoch').set({ ml_off: 0, changed_at: nowMs }).where('id', '=', 1).execute()
    },
    async killSwitches(trx = db) {
      const rows = await trx.selectFrom('kill_switch').selectAll().orderBy('scope').execute()
      return rows.map(({ scope, reason, actor, set_at: setAt }) => ({ scope, reason, actor, setAt }))
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

/** Which of the switches stops orders of a strategy at a venue, or null. */
export function killedBy(switches: readonly KillSwitch[], strategyId: string, venue: string): KillSwitch | null {
  const scopes = new Set(['all', `venue:${venue}`, `strategy:${strategyId}`])
  return switches.find(({ scope }) => scopes.has(scope)) ?? null
}

function fromMicros(micros: number): DecimalText {
  return new Decimal(micros).div(1_000_000).toString()
}

async function totalMicros(trx: Kysely<MainTables>): Promise<number> {
  const positions = await trx
    .selectFrom('position')
    .select((eb) => eb.fn.sum<number | null>('exposure_micros').as('micros'))
    .executeTakeFirst()
  const orders = await trx
    .selectFrom('trade_order')
    .select((eb) => eb.fn.sum<number | null>('reserved_micros').as('micros'))
    .where('state', 'in', ['reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown'])
    .executeTakeFirst()
  return (positions?.micros ?? 0) + (orders?.micros ?? 0)
}

async function strategyMicros(trx: Kysely<MainTables>, ids: readonly string[]): Promise<Map<string, number>> {
  const sums = new Map<string, number>()
  const positions = await trx
    .selectFrom('position')
    .select(['strategy_id', 'exposure_micros as micros'])
    .where('strategy_id', 'in', ids)
    .execute()
  const orders = await trx
    .selectFrom('trade_order')
    .select(['strategy_id', (eb) => eb.fn.sum<number>('reserved_micros').as('micros')])
    .where('strategy_id', 'in', ids)
    .where('state', 'in', ['reserved', 'sending', 'acknowledged', 'partly_filled', 'unknown'])
    .groupBy('strategy_id')
    .execute()
  for (const { strategy_id: id, micros } of [...positions, ...orders]) sums.set(id, (sums.get(id) ?? 0) + micros)
  return sums
}

function repeatCounts(trx: Kysely<MainTables>, ids: readonly string[], sinceMs: number) {
  return trx
    .selectFrom('trade_order')
    .select(['strategy_id', 'side', (eb) => eb.fn.countAll<number>().as('count')])
    .where('strategy_id', 'in', ids)
    .where('created_at', '>', sinceMs)
    .where('state', '!=', 'rejected')
    .groupBy(['strategy_id', 'side'])
    .execute()
}

async function ordersSince(trx: Kysely<MainTables>, sinceMs: number): Promise<number> {
  const row = await trx
    .selectFrom('trade_order')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('created_at', '>', sinceMs)
    .where('state', '!=', 'rejected')
    .executeTakeFirst()
  return row?.count ?? 0
}
