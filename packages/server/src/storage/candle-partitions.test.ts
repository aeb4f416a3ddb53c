import * as fc from 'fast-check'
import { TIMEFRAMES, timeframeMs } from '@spark/core/market/timeframe'
import { CANDLE_TIME_END_MS } from '@spark/core/market/candle'
import { type CompiledQuery, Kysely } from 'kysely'
import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { candlePartitionOf } from './candle-partitions.ts'
import { type CandleStore, createCandleStore, type StoredCandle } from './candle-store.ts'
import { openMainDatabase } from './open-main-database.ts'
import { MAIN_SCHEMA } from './migrations/postgres-schemas.ts'
import { emptyPostgres, queryPostgres, temporaryPostgres } from './postgres/postgres-database-fixture.ts'
import { createPostgresDialect } from './postgres/postgres-dialect.ts'
import { openPool } from './postgres/postgres-pool.ts'
import { openPostgres } from './postgres/open-postgres.ts'
import type { MainTables } from './tables.ts'

const MINUTE = 60_000
const BTC = { symbol: 'BTCUSDT', tf: '1m' } as const
const MARCH = Date.UTC(2024, 2)

const candleAt = (ts: number): StoredCandle => ({ ts, o: 100, h: 101.5, l: 99, c: 100.25, v: 0.1 })
const minutes = (fromMs: number, count: number) => Array.from({ length: count }, (_, at) => candleAt(fromMs + at * MINUTE))

async function openOn(path: string) {
  const database = await openMainDatabase({ path, thread: false, durability: 'rebuildable' })
  onTestFinished(() => database.close())
  return database
}

const partitionsIn = async (path: string): Promise<string[]> =>
  (
    await queryPostgres(
      path,
      `select relname::text as name from pg_inherits join pg_class on oid = inhrelid where inhparent = 'candle'::regclass`,
    )
  )
    .map(({ name }) => String(name))
    .toSorted()

it('the partition of a candle holds its time, and no two of a timeframe overlap', () => {
  const time = fc.integer({ min: 0, max: CANDLE_TIME_END_MS - 1 })
  fc.assert(
    fc.property(fc.constantFrom(...TIMEFRAMES), time, time, (tf, one, other) => {
      const [a, b] = [candlePartitionOf({ tf, ts: one }), candlePartitionOf({ tf, ts: other })]
      expect(one).toBeGreaterThanOrEqual(a.from)
      expect(one).toBeLessThan(a.to)
      if (a.name === b.name) expect(b).toEqual(a)
      else expect(a.to <= b.from || b.to <= a.from).toBe(true)
      expect(candlePartitionOf({ tf, ts: a.to }).from).toBe(a.to)
    }),
  )
})

it('candles of years come into partitions that nobody made before', async () => {
  const { path } = await temporaryPostgres()
  const store = createCandleStore((await openOn(path)).db)
  const candles = minutes(MARCH - 3 * MINUTE, 6)
  expect(await store.putAll(BTC, candles, 'import')).toEqual({ inserted: 6, unchanged: 0, differing: [] })
  expect(await store.range(BTC, 0, CANDLE_TIME_END_MS, 100)).toEqual(candles)
  const days = Array.from({ length: 2_000 }, (_, at) => candleAt(Date.UTC(2017, 7, 17) + at * timeframeMs('1d')))
  expect(await store.putAll({ symbol: 'BTCUSDT', tf: '1d' }, days, 'import')).toMatchObject({ inserted: 2_000 })
  const years = [2017, 2018, 2019, 2020, 2021, 2022, 2023].map((year) => `candle_1d_${year}`)
  expect(await partitionsIn(path)).toEqual(expect.arrayContaining([...years, 'candle_1m_2024_02', 'candle_1m_2024_03']))
})

it('a time in another unit makes no partition and stores nothing', async () => {
  const { path } = await temporaryPostgres()
  const store = createCandleStore((await openOn(path)).db)
  const before = await partitionsIn(path)
  for (const ts of [MARCH * 1000, -MINUTE, Number.NaN, CANDLE_TIME_END_MS, 0.5])
    await expect(store.putAll(BTC, [candleAt(MARCH), candleAt(ts)], 'import')).rejects.toThrow(`BTCUSDT 1m opens at ${ts}`)
  expect(await partitionsIn(path)).toEqual(before)
  expect(await store.streams()).toEqual([])
})

it('several hosts that come to a new month at once, or find one dropped, store every candle', async () => {
  const { path } = await temporaryPostgres()
  const hosts = await Promise.all([openOn(path), openOn(path), openOn(path)])
  const put = (symbol: string, host: (typeof hosts)[number]) =>
    createCandleStore(host.db).putAll({ symbol, tf: '1m' }, minutes(MARCH - 30 * MINUTE, 60), 'sim')
  const all = () => Promise.all(hosts.flatMap((host, at) => [put(`A${at}`, host), put(`B${at}`, host)]))
  for (const { inserted } of await all()) expect(inserted).toBe(60)
  await queryPostgres(path, 'drop table candle_1m_2024_03')
  for (const { inserted } of await all()) expect(inserted).toBe(30)
})

it('a partition that is made waits for nobody who reads all candles', async () => {
  const { path } = await temporaryPostgres()
  const { db } = await openOn(path)
  const reader = new Client({ connectionString: path })
  await reader.connect()
  onTestFinished(() => reader.end())
  await reader.query('begin; select count(*) from candle')
  const { inserted } = await createCandleStore(db).putAll(BTC, minutes(Date.UTC(2031, 0), 3), 'sim')
  expect(inserted).toBe(3)
})

it('a partition that somebody reads is dropped the next time, and nobody waits for it meanwhile', async () => {
  const { path } = await temporaryPostgres()
  const store = createCandleStore((await openOn(path)).db)
  await store.putAll(BTC, [candleAt(MARCH), candleAt(Date.UTC(2024, 4))], 'sim')
  const reader = new Client({ connectionString: path })
  await reader.connect()
  onTestFinished(() => reader.end())
  await reader.query('begin; select count(*) from candle')
  expect(await store.prune('1m', Date.UTC(2024, 3))).toMatchObject({ partitions: 0, waiting: expect.any(Number) })
  expect(await store.range(BTC, 0, Date.UTC(2024, 6), 9)).toHaveLength(2)
  expect(await partitionsIn(path)).toContain('candle_1m_2024_03')
  await reader.query('commit')
  expect(await store.prune('1m', Date.UTC(2024, 3))).toMatchObject({ waiting: 0 })
  expect(await store.range(BTC, 0, Date.UTC(2024, 6), 9)).toHaveLength(1)
  expect(await partitionsIn(path)).not.toContain('candle_1m_2024_03')
})

it('while somebody reads one drop is tried, and not one for each partition that is due', async () => {
  const { path } = await temporaryPostgres()
  const { db } = await openOn(path)
  for (let month = 0; month < 5; month++) await createCandleStore(db).putAll(BTC, [candleAt(Date.UTC(2024, month))], 'sim')
  const reader = new Client({ connectionString: path })
  await reader.connect()
  onTestFinished(() => reader.end())
  await reader.query(`begin; select count(*) from candle where tf = '1d'`)
  const asked: string[] = []
  const watched = openWatched(path, ({ sql }) => asked.push(sql))
  const { partitions, waiting } = await createCandleStore(watched).prune('1m', Date.UTC(2024, 4))
  expect(partitions).toBe(0)
  expect(waiting).toBeGreaterThanOrEqual(4)
  expect(asked.filter((sql) => sql.startsWith('drop table'))).toHaveLength(1)
})

it('a gap is known as long as the candles around it are there', async () => {
  const { path } = await temporaryPostgres()
  const store = createCandleStore((await openOn(path)).db)
  await store.putAll(BTC, [candleAt(MARCH), candleAt(Date.UTC(2024, 4))], 'sim')
  for (const day of [1, 20])
    for (const month of [2, 4]) await store.putGap(BTC, { firstMissingTs: Date.UTC(2024, month, day), missing: 3 }, 0)
  await store.prune('1m', Date.UTC(2024, 4, 15))
  const known = (await store.recordedGaps(BTC, 0, CANDLE_TIME_END_MS)).map(({ firstMissingTs }) => firstMissingTs)
  expect(known).toEqual([Date.UTC(2024, 4, 1), Date.UTC(2024, 4, 20)])
})

it('what is asked of one stream and a time looks into its partitions alone', async () => {
  const { path } = await temporaryPostgres()
  const { db } = await openOn(path)
  const asked: CompiledQuery[] = []
  const watched = openWatched(path, (query) => asked.push(query))
  await createCandleStore(db).putAll({ symbol: 'BTCUSDT', tf: '1h' }, [candleAt(MARCH)], 'sim')
  for (let month = 0; month < 12; month++) await createCandleStore(db).putAll(BTC, minutes(Date.UTC(2024, month), 5), 'sim')
  const looked = async (ask: (store: CandleStore) => Promise<unknown>): Promise<string[]> => {
    asked.length = 0
    await ask(createCandleStore(watched))
    const plans = await Promise.all(asked.filter(({ sql }) => sql.startsWith('select')).map((query) => explained(path, query)))
    return [...new Set(plans.flat())].toSorted()
  }
  const at = ['candle_1m_2024_03']
  expect(await looked((store) => store.range(BTC, MARCH, MARCH + 5 * MINUTE, 10))).toEqual(at)
  expect(await looked((store) => store.gaps(BTC, MARCH, MARCH + 5 * MINUTE))).toEqual(at)
  expect(await looked((store) => store.putAll(BTC, minutes(MARCH, 30), 'sim'))).toEqual(at)
  expect(await looked((store) => store.latest(BTC, 3, MARCH + 5 * MINUTE, ['sim']))).toEqual(at)
  expect(await looked((store) => store.after(BTC, Date.UTC(2024, 9, 2), 3, ['sim']))).toEqual([
    'candle_1m_2024_10',
    'candle_1m_2024_11',
  ])
})

it('an installation keeps all its candles when they go into partitions, those of impossible times too', async () => {
  const path = await emptyPostgres()
  await migratedTo18(path)
  const rows = [
    `select 'S' || n % 3, '1m', ${MARCH} + ${MINUTE * 60}::bigint * n, n, n + 1, n, n, n, null, 'sim' from generate_series(1, 5000) as n`,
    `select 'S', '1d', 86400000::bigint * n, n, n + 1, n, n, n, n, 'import' from generate_series(0, 9000) as n`,
    `values ('S', '1m', -60000::bigint, 1, 1, 1, 1, 1, null, 'x'), ('S', '1m', 1709251200000000, 1, 1, 1, 1, 1, null, 'x')`,
  ]
  for (const each of rows) await queryPostgres(path, `insert into candle ${each}`)
  const digest = `select count(*)::int as rows, md5(string_agg(candle::text, ',' order by symbol, tf, ts)) as digest from candle`
  const before = await queryPostgres(path, digest)
  const hosts = await Promise.all([openOn(path), openOn(path)])
  expect(await queryPostgres(path, digest)).toEqual(before)
  expect(before[0]).toMatchObject({ rows: 14_003 })
  const now = await createCandleStore(hosts[1].db).putAll(BTC, [candleAt(MARCH)], 'sim')
  expect(now.inserted).toBe(1)
})

async function migratedTo18(path: string): Promise<void> {
  const until = Object.entries(MAIN_SCHEMA.migrations).filter(([name]) => name < '0019')
  const database = await openPostgres<MainTables>({
    url: path,
    durability: 'rebuildable',
    lockTimeoutMs: 5_000,
    schemas: [{ ...MAIN_SCHEMA, migrations: Object.fromEntries(until) }],
  })
  await database.close()
}

/** Tells of each query. */
function openWatched(path: string, onQuery: (query: CompiledQuery) => void): Kysely<MainTables> {
  const pool = openPool({ url: path, durability: 'rebuildable', lockTimeoutMs: 5_000 })
  const dialect = createPostgresDialect({ name: 'watched', writing: 'turns', pool, writers: pool })
  const db = new Kysely<MainTables>({ dialect, log: ({ query }) => onQuery(query) })
  onTestFinished(() => db.destroy())
  return db
}

/** Partitions that a query looked into. */
async function explained(path: string, { sql, parameters }: CompiledQuery): Promise<string[]> {
  const client = new Client({ connectionString: path })
  await client.connect()
  try {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, costs off) ${sql}`, [...parameters])
    const lines = rows.map((row) => row['QUERY PLAN']).filter((line) => !line.includes('never executed'))
    return lines.flatMap((line) => / on (candle_\w+)/.exec(line)?.[1] ?? [])
  } finally {
    await client.end()
  }
}
