import { CANDLE_TIME_END_MS, type Candle, type Stream } from '@spark/core/market/candle'
import { type Gap, gapBetween } from '@spark/core/market/gap'
import { isTimeframe, type Timeframe, timeframeMs } from '@spark/core/market/timeframe'
import type { Kysely, Transaction } from 'kysely'
import { inGroups } from '../in-groups.ts'
import { withPartitions } from './candle-partitions.ts'
import { prepared } from './prepared.ts'
import { pruneCandles, type PrunedCandles } from './prune-candles.ts'
import type { CandleRow, MainTables } from './tables.ts'
import { Turn } from './turn.ts'

/** A candle with the close time its source gave, when it gave one. */
export interface StoredCandle extends Candle {
  closeTs?: number
}

export interface PutResult {
  inserted: number
  /** Were there already, with the same values. */
  unchanged: number
  /** Open times of candles that are stored with other values; those stay unless `replace` was asked for. */
  differing: number[]
}

export interface StreamFacts {
  stream: Stream
  count: number
  firstTs: number
  lastTs: number
}

export interface CandleStore {
  /**
   * Adds what is not there; doing it again changes nothing. In transactions of 500, each whole. Rejects with RangeError, and stores
   * nothing, when one opens at no time in ms from 1970 to 2099.
   */
  putAll(stream: Stream, candles: readonly StoredCandle[], source: string, options?: { replace?: boolean }): Promise<PutResult>
  /** The newest `count` candles that opened before `beforeMs` (default: all), oldest first. */
  latest(stream: Stream, count: number, beforeMs: number, sources: readonly string[]): Promise<StoredCandle[]>
  /** At most `limit` candles with fromMs <= ts < toMs, oldest first. */
  range(stream: Stream, fromMs: number, toMs: number, limit: number): Promise<StoredCandle[]>
  /** At most `limit` candles that opened after `afterMs`, oldest first. */
  after(stream: Stream, afterMs: number, limit: number, sources: readonly string[]): Promise<StoredCandle[]>
  /** What is missing between stored candles with fromMs <= ts < toMs. */
  gaps(stream: Stream, fromMs: number, toMs: number): Promise<Gap[]>
  streams(): Promise<StreamFacts[]>
  /** Remembers that the exchange itself has no candle there. */
  putGap(stream: Stream, gap: Gap, nowMs: number): Promise<void>
  /** Recorded gaps that begin in fromMs <= firstMissingTs < toMs, oldest first. */
  recordedGaps(stream: Stream, fromMs: number, toMs: number): Promise<(Gap & { recordedAt: number })[]>
  /** Removes what opened before a time, of all symbols; on PostgreSQL by whole months or years. */
  prune(tf: Timeframe, beforeMs: number): Promise<PrunedCandles>
}

/** A transaction of this many rows takes about 4 ms, so that others of the same file hardly wait. */
const CHUNK_ROWS = 500

/** Candles that close together, of many streams, share a commit. */
const FEW_ROWS = 4
const GROUP_MAX = 100

export function createCandleStore(db: Kysely<MainTables>): CandleStore {
  const putFew = inGroups(GROUP_MAX, (puts: readonly Put[]) => putTogether(db, puts))
  const putMany = oneByOne((put: Put) => putTogether(db, [put]))
  const candlesOf = ({ symbol, tf }: Stream) =>
    db.selectFrom('candle').selectAll().where('symbol', '=', symbol).where('tf', '=', tf)
  const ofSources = (stream: Stream, sources: readonly string[]) => candlesOf(stream).where('source', 'in', [...sources])

  return {
    async putAll(stream, candles, source, { replace = false } = {}) {
      assertTimes(stream, candles)
      const result = noResult()
      for (let at = 0; at < candles.length; at += CHUNK_ROWS) {
        const rows = candles.slice(at, at + CHUNK_ROWS).map((candle) => toRow(stream, candle, source))
        const put = { rows, replace }
        for (const part of rows.length <= FEW_ROWS ? [await putFew(put)] : await putMany(put)) add(result, part)
      }
      return result
    },
    latest: async (stream, count, beforeMs, sources) =>
      (await ofSources(stream, sources).where('ts', '<', beforeMs).orderBy('ts', 'desc').limit(count).execute())
        .toReversed()
        .map(fromRow),
    after: async (stream, afterMs, limit, sources) =>
      (await ofSources(stream, sources).where('ts', '>', afterMs).orderBy('ts').limit(limit).execute()).map(fromRow),
    async range(stream, fromMs, toMs, limit) {
      const rows = await candlesOf(stream).where('ts', '>=', fromMs).where('ts', '<', toMs).orderBy('ts').limit(limit).execute()
      return rows.map(fromRow)
    },
    gaps: (stream, fromMs, toMs) => computedGaps(db, stream, fromMs, toMs),
    prune: (tf, beforeMs) => pruneCandles(db, tf, beforeMs),
    streams: () => streamsOf(db),
    async putGap({ symbol, tf }, { firstMissingTs, missing }, nowMs) {
      await db
        .insertInto('candle_gap')
        .values({ symbol, tf, first_missing_ts: firstMissingTs, missing, recorded_at: nowMs })
        .onConflict((conflict) =>
          conflict.columns(['symbol', 'tf', 'first_missing_ts']).doUpdateSet({ missing, recorded_at: nowMs }),
        )
        .execute()
    },
    async recordedGaps({ symbol, tf }, fromMs, toMs) {
      const rows = await db
        .selectFrom('candle_gap')
        .selectAll()
        .where('symbol', '=', symbol)
        .where('tf', '=', tf)
        .where('first_missing_ts', '>=', fromMs)
        .where('first_missing_ts', '<', toMs)
        .orderBy('first_missing_ts')
        .execute()
      return rows.map((row) => ({
        firstMissingTs: row.first_missing_ts,
        missing: row.missing,
        recordedAt: row.recorded_at,
      }))
    },
  }
}

async function streamsOf(db: Kysely<MainTables>): Promise<StreamFacts[]> {
  const rows = await db
    .selectFrom('candle')
    .select(({ fn }) => [
      'symbol',
      'tf',
      fn.countAll<number>().as('count'),
      fn.min('ts').as('firstTs'),
      fn.max('ts').as('lastTs'),
    ])
    .groupBy(['symbol', 'tf'])
    .orderBy('symbol')
    .orderBy('tf')
    .execute()
  return rows.flatMap(({ symbol, tf, ...facts }) => (isTimeframe(tf) ? [{ stream: { symbol, tf }, ...facts }] : []))
}

interface Put {
  rows: readonly CandleRow[]
  replace: boolean
}

const noResult = (): PutResult => ({ inserted: 0, unchanged: 0, differing: [] })

function add(sum: PutResult, { inserted, unchanged, differing }: PutResult): void {
  sum.inserted += inserted
  sum.unchanged += unchanged
  sum.differing.push(...differing)
}

/** A time in another unit would make partitions that no candle belongs to. */
function assertTimes({ symbol, tf }: Stream, candles: readonly StoredCandle[]): void {
  const wrong = candles.find(({ ts }) => !Number.isSafeInteger(ts) || ts < 0 || ts >= CANDLE_TIME_END_MS)
  if (wrong !== undefined)
    throw new RangeError(`a candle of ${symbol} ${tf} opens at ${wrong.ts}, which is no time in ms from 1970 to 2099`)
}

const placeOf = ({ symbol, tf, ts }: Pick<CandleRow, 'symbol' | 'tf' | 'ts'>): string => `${symbol} ${tf} ${ts}`

const insertRows = prepared<MainTables, { rows: readonly CandleRow[] }>(
  (from, parameter) => from.insertInto('candle').values(parameter('rows')),
  ({ rows }) => rows.length,
)
/** From where to where: by that PostgreSQL knows which partitions to look into. It looks for each of `times` in turn, so there are few. */
interface Place {
  symbol: string
  tf: string
  first: number
  last: number
  /** None: all from `first` to `last`. */
  times: readonly number[]
}

/** What is stored at these times of streams. */
const storedAt = prepared<MainTables, { places: readonly Place[] }, CandleRow>(
  (from, parameter) =>
    from
      .selectFrom('candle')
      .selectAll()
      .where((eb) =>
        eb.or(
          parameter('places').map(({ symbol, tf, first, last, times }) =>
            eb.and([
              eb('symbol', '=', symbol),
              eb('tf', '=', tf),
              eb('ts', '>=', first),
              eb('ts', '<=', last),
              ...(times.length === 0 ? [] : [eb('ts', 'in', times)]),
            ]),
          ),
        ),
      ),
  ({ places }) => places.map(({ times }) => times.length).join(),
)

/** In one transaction; resolves with the result of each. */
/**
 * A start brings 1,000 candles of each stream at once. They wait for each other here: in the line of the database whoever else writes in
 * this process would stand behind all of them, longer than it is waited for.
 */
function oneByOne<Item, Result>(work: (item: Item) => Promise<Result>): (item: Item) => Promise<Result> {
  const turn = new Turn()
  return async (item) => {
    await turn.take()
    try {
      return await work(item)
    } finally {
      turn.give()
    }
  }
}

function putTogether(db: Kysely<MainTables>, puts: readonly Put[]): Promise<PutResult[]> {
  const rows = puts.flatMap((put) => put.rows)
  return withPartitions(db, rows, () =>
    db.transaction().execute(async (trx) => {
      const known = await knownAmong(trx, rows)
      const added: CandleRow[] = []
      const results: PutResult[] = []
      for (const put of puts) results.push(await compare(trx, put, known, added))
      if (added.length > 0) await insertRows(trx, { rows: added })
      return results
    }),
  )
}

/** What is stored at the places of these rows. */
async function knownAmong(trx: Transaction<MainTables>, rows: readonly CandleRow[]): Promise<Map<string, CandleRow>> {
  const streams = [...Map.groupBy(rows, ({ symbol, tf }) => `${symbol} ${tf}`).values()]
  const places = streams.map(placeOfRows)
  const { rows: stored } = await storedAt(trx, { places })
  return new Map(stored.map((row) => [placeOf(row), row]))
}

function placeOfRows(own: readonly CandleRow[]): Place {
  const times = own.map(({ ts }) => ts)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const { symbol = '', tf = '' } = own[0] ?? {}
  // One after the other, as they nearly always come: those between them are hardly more.
  const areDense = isTimeframe(tf) && last - first < 2 * times.length * timeframeMs(tf)
  return { symbol, tf, first, last, times: areDense ? [] : times }
}

/** Sorts rows into new, same and differing. A candle that comes twice is compared with the first of the two. */
async function compare(
  trx: Transaction<MainTables>,
  { rows, replace }: Put,
  known: Map<string, CandleRow>,
  added: CandleRow[],
): Promise<PutResult> {
  const result = noResult()
  for (const row of rows) {
    const place = placeOf(row)
    const present = known.get(place)
    if (present === undefined) {
      known.set(place, row)
      added.push(row)
      result.inserted += 1
    } else if (isSame(present, row)) {
      result.unchanged += 1
    } else {
      result.differing.push(row.ts)
      if (replace && !added.includes(present)) await replaceRow(trx, row)
    }
  }
  return result
}

async function replaceRow(trx: Transaction<MainTables>, row: CandleRow): Promise<void> {
  const { symbol, tf, ts, ...values } = row
  await trx.updateTable('candle').set(values).where('symbol', '=', symbol).where('tf', '=', tf).where('ts', '=', ts).execute()
}

/** A close time that one of the two does not give cannot differ. */
function isSame(a: CandleRow, b: CandleRow): boolean {
  const sameClose = a.close_ts === null || b.close_ts === null || a.close_ts === b.close_ts
  return sameClose && a.o === b.o && a.h === b.h && a.l === b.l && a.c === b.c && a.v === b.v
}

async function computedGaps(db: Kysely<MainTables>, stream: Stream, fromMs: number, toMs: number): Promise<Gap[]> {
  const { symbol, tf } = stream
  const rows = await db
    .selectFrom((from) =>
      from
        .selectFrom('candle')
        .select(({ fn }) => [
          'ts',
          fn
            .agg<number | null>('lag', ['ts'])
            .over((over) => over.orderBy('ts'))
            .as('previous'),
        ])
        .where('symbol', '=', symbol)
        .where('tf', '=', tf)
        .where('ts', '>=', fromMs)
        .where('ts', '<', toMs)
        .as('step'),
    )
    .select(['ts', 'previous'])
    .where((eb) => eb(eb('ts', '-', eb.ref('previous')), '>', timeframeMs(tf)))
    .orderBy('ts')
    .execute()
  return rows.flatMap(({ ts, previous }) => (previous === null ? [] : (gapBetween(previous, ts, tf) ?? [])))
}

function toRow({ symbol, tf }: Stream, candle: StoredCandle, source: string): CandleRow {
  const { ts, o, h, l, c, v, closeTs = null } = candle
  return { symbol, tf, ts, o, h, l, c, v, close_ts: closeTs, source }
}

function fromRow({ ts, o, h, l, c, v, close_ts: closeTs }: CandleRow): StoredCandle {
  return closeTs === null ? { ts, o, h, l, c, v } : { ts, o, h, l, c, v, closeTs }
}
