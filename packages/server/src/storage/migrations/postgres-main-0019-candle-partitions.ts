import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { CANDLE_TIME_END_MS } from '@spark/core/market/candle'
import { candlePartitionOf } from '../candle-partitions.ts'

/**
 * Candles in partitions by timeframe and time, so that old ones can be dropped. Those that are there are copied in one transaction: it
 * needs their space once more until it is committed. Files keep their table: they have no such migration.
 */
export const postgresMain0019CandlePartitions: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(NEW_TABLE).execute(db)
    for (const { name, tf, from, to } of await partitionsOf(db)) {
      const [least, most] = [from, to].map((bound) => (typeof bound === 'number' ? sql.lit(bound) : sql.raw(bound)))
      const bounds = sql`(${sql.lit(tf)}, ${least}) to (${sql.lit(tf)}, ${most})`
      await sql`create table ${sql.id(name)} partition of candle_new for values from ${bounds}`.execute(db)
    }
    await sql.raw(`insert into candle_new select * from candle`).execute(db)
    // Made whole at the end: three times as fast as row by row.
    for (const statement of IN_PLACE) await sql.raw(statement).execute(db)
  },
}

const NEW_TABLE = `create table candle_new (
    symbol text collate "C" not null, tf text collate "C" not null, ts bigint not null, o double precision not null,
    h double precision not null, l double precision not null, c double precision not null, v double precision not null,
    close_ts bigint, source text collate "C" not null) partition by range (tf, ts)`

const IN_PLACE = [
  `alter table candle_new add constraint candle_new_pkey primary key (symbol, tf, ts)`,
  `drop table candle`,
  `alter table candle_new rename to candle`,
  `alter table candle rename constraint candle_new_pkey to candle_pkey`,
]

interface Bounds {
  name: string
  tf: string
  from: number | 'minvalue'
  to: number | 'maxvalue'
}

/** For what is there, and for what comes until a process of this build makes them. */
async function partitionsOf(db: Kysely<unknown>): Promise<Bounds[]> {
  const { rows } = await sql<{ tf: string; ts: number }>`
    with month as (select distinct tf, date_trunc('month', to_timestamp(ts / 1000.0) at time zone 'UTC') as at
      from candle where ts >= 0 and ts < ${sql.lit(CANDLE_TIME_END_MS)})
    select tf, cast(extract(epoch from at) * 1000 as bigint) as ts from month
    union select tf, cast(extract(epoch from now() + ahead * interval '1 month') * 1000 as bigint)
      from (select distinct tf from candle) as known, generate_series(0, 1) as ahead`.execute(db)
  const found = new Map(rows.map((row) => candlePartitionOf(row)).map((one) => [one.name, one]))
  // No candle opens there, but what is stored is kept.
  const strays = await sql<{ tf: string; below: boolean }>`select distinct tf, ts < 0 as below from candle
    where ts < 0 or ts >= ${sql.lit(CANDLE_TIME_END_MS)}`.execute(db)
  const beyond = strays.rows.map(({ tf, below }): Bounds => {
    const name = `${candlePartitionOf({ tf, ts: 0 }).name}_${below ? 'before' : 'beyond'}`
    return below ? { name, tf, from: 'minvalue', to: 0 } : { name, tf, from: CANDLE_TIME_END_MS, to: 'maxvalue' }
  })
  return [...found.values(), ...beyond]
}
