import { counterOf, mergeCounters, type LabelCounter } from '@spark/core/calibration/counter'
import { BASELINE, type LabelStream, type ModelLabel, type ScoredDecision } from '@spark/core/calibration/label-stream'
import type { LeftOutPeriod } from '@spark/core/calibration/leave-out'
import type { Label, LabelOutcome } from '@spark/core/calibration/labels'
import type { Evidence } from '@spark/core/calibration/verdict'
import type { Stream } from '@spark/core/market/candle'
import { isTimeframe, type Timeframe } from '@spark/core/market/timeframe'
import type { ModelVerdict } from '@spark/core/rollout/state'
import { mlBucket } from '@spark/core/signal/decision'
import { sql, type InsertResult, type Kysely, type SelectQueryBuilder, type UpdateResult } from 'kysely'
import type { LabelCounterRow, LabelRow } from './label-tables.ts'
import { prepared } from './prepared.ts'
import { forgetVerdictsAfter, keepVerdict } from './verdict-history.ts'
import type { MainTables } from './tables.ts'

/** A label, and whose it is. */
export interface StoredLabel extends ModelLabel {
  readonly stream: Stream
}

export interface StoredLabelStream {
  stream: Stream
  /** The feed whose market it is. */
  source: string
  lastTs: number
  state: LabelStream
}

export interface StoredEvidence {
  evidence: Evidence
  /** End of the last round in it, ms. */
  roundsTo: number
  verdict: ModelVerdict
  /** What was left out of it. */
  leftOut: readonly LeftOutPeriod[]
}

export interface StoredCounter {
  stream: Stream
  /** Lower edge, as `mlBucket` names it. */
  bucket: number
  counter: LabelCounter
}

export interface LabelStore {
  streams(): Promise<StoredLabelStream[]>
  /**
   * Moves a stream on from `fromTs` (null: it is new), with the labels that came due and their counters, in one transaction. False,
   * and nothing changed, when somebody else has moved it since.
   */
  saveStream(
    next: StoredLabelStream,
    change: { fromTs: number | null; labels: readonly ModelLabel[]; nowMs: number },
  ): Promise<boolean>
  /** At most `limit` labels of a model that were entered at or after `fromMs`, by time of entry. */
  enteredFrom(model: string, fromMs: number, limit: number): Promise<StoredLabel[]>
  /** At most `limit` labels of a model that ended in fromMs <= exitTs < toMs, behind `after`, by end, symbol, timeframe, candle. */
  endedIn(
    model: string,
    period: { fromMs: number; toMs: number },
    after: StoredLabel | null,
    limit: number,
  ): Promise<StoredLabel[]>
  /** The newest labels of a model by time of entry. */
  newest(model: string, limit: number): Promise<StoredLabel[]>
  /** At most `limit` labels of a model on a stream of candles that opened at or after `fromTs`, oldest first. */
  oldestOn(model: string, stream: Stream, fromTs: number, limit: number): Promise<StoredLabel[]>
  /** When the first label of a model was entered, ms; null without one. */
  firstEntryMs(model: string): Promise<number | null>
  evidence(model: string): Promise<StoredEvidence | null>
  /** Labels of a model on streams of this timeframe that were entered in between; the ends are not included. */
  enteredBetween(model: string, tf: Timeframe, fromMs: number, toMs: number): Promise<number>
  /**
   * Adds rounds to the evidence on a model, with the counters of their labels, in one transaction; `anew`: in place of what was
   * counted before. False, and nothing changed, when somebody else has added to it since.
   */
  saveEvidence(
    model: string,
    next: StoredEvidence,
    change: { fromTo: number | null; counted: readonly StoredLabel[]; anew?: boolean; nowMs: number },
  ): Promise<boolean>
  /** Verdict and number of labels of every model that has some, without the evidence, which is long. */
  verdicts(): Promise<{ model: string; verdict: ModelVerdict; labels: number }[]>
  /** `unproven` for a model that nothing is known of. */
  verdict(model: string, trx?: Kysely<MainTables>): Promise<ModelVerdict>
  /** By bucket and stream; `counted`: only labels that do not overlap. */
  counters(model: string, counted: boolean): Promise<StoredCounter[]>
  /** Removes labels that were entered before `beforeMs`; counters and evidence keep what they say. Resolves with how many. */
  prune(beforeMs: number): Promise<number>
}

const ROWS_A_STATEMENT = 200

const verdictOf = prepared<MainTables, { model: string }, { verdict: string }>((from, parameter) =>
  from.selectFrom('model_evidence').select('verdict').where('model', '=', parameter('model')),
)

export function createLabelStore(db: Kysely<MainTables>): LabelStore {
  const labelsOf = (model: string) => db.selectFrom('label').selectAll().where('model', '=', model)
  /** As the index label_entry has them, the primary key behind its columns. */
  const byEntry = (model: string, direction: 'asc' | 'desc') =>
    labelsOf(model).orderBy('entry_ts', direction).orderBy('symbol', direction).orderBy('tf', direction).orderBy('ts', direction)
  return {
    async streams() {
      const rows = await db.selectFrom('label_stream').selectAll().orderBy('symbol').orderBy('tf').execute()
      return rows.flatMap(({ symbol, tf, source, last_ts: lastTs, state }) =>
        isTimeframe(tf) ? [{ stream: { symbol, tf }, source, lastTs, state: JSON.parse(state) as LabelStream }] : [],
      )
    },
    saveStream: (next, change) => db.transaction().execute((trx) => saveStream(trx, next, change)),
    async enteredFrom(model, fromMs, limit) {
      const rows = await byEntry(model, 'asc').where('entry_ts', '>=', fromMs).limit(limit).execute()
      return rows.flatMap(fromRow)
    },
    endedIn: (model, period, after, limit) => endedIn(labelsOf(model), period, after, limit),
    async newest(model, limit) {
      return (await byEntry(model, 'desc').limit(limit).execute()).flatMap(fromRow)
    },
    async oldestOn(model, { symbol, tf }, fromTs, limit) {
      const own = labelsOf(model).where('symbol', '=', symbol).where('tf', '=', tf).where('ts', '>=', fromTs)
      return (await own.orderBy('ts').limit(limit).execute()).flatMap(fromRow)
    },
    async firstEntryMs(model) {
      const row = await db
        .selectFrom('label')
        .select('entry_ts')
        .where('model', '=', model)
        .orderBy('entry_ts')
        .limit(1)
        .executeTakeFirst()
      return row?.entry_ts ?? null
    },
    async enteredBetween(model, tf, fromMs, toMs) {
      const own = db.selectFrom('label').where('model', '=', model).where('tf', '=', tf)
      const query = own.select(({ fn }) => fn.countAll<number>().as('count'))
      return (await query.where('entry_ts', '>', fromMs).where('entry_ts', '<', toMs).executeTakeFirstOrThrow()).count
    },
    async evidence(model) {
      const row = await db.selectFrom('model_evidence').selectAll().where('model', '=', model).executeTakeFirst()
      if (row === undefined) return null
      const { evidence, rounds_to: roundsTo, verdict, leave_out: leftOut } = row
      const parsed = { evidence: JSON.parse(evidence) as Evidence, leftOut: JSON.parse(leftOut) as LeftOutPeriod[] }
      return { ...parsed, roundsTo, verdict: verdict as ModelVerdict }
    },
    saveEvidence: (model, next, change) => db.transaction().execute((trx) => saveEvidence(trx, model, next, change)),
    verdicts: () => verdicts(db),
    async verdict(model, trx = db) {
      const [row] = (await verdictOf(trx, { model })).rows
      return (row?.verdict ?? 'unproven') as ModelVerdict
    },
    async counters(model, counted) {
      const rows = await db
        .selectFrom('label_counter')
        .selectAll()
        .where('model', '=', model)
        .where('counted', '=', counted ? 1 : 0)
        .orderBy('symbol')
        .orderBy('tf')
        .orderBy('bucket')
        .execute()
      return rows.flatMap(counterFromRow)
    },
    prune: (beforeMs) => prune(db, beforeMs),
  }
}

async function endedIn(
  labels: SelectQueryBuilder<MainTables, 'label', LabelRow>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  after: StoredLabel | null,
  limit: number,
): Promise<StoredLabel[]> {
  let rest = labels.where('exit_ts', '>=', fromMs).where('exit_ts', '<', toMs)
  if (after !== null) {
    const { stream, label } = after
    const place = [label.exitTs, stream.symbol, stream.tf, label.ts] as const
    rest = rest
      .where('exit_ts', '>=', label.exitTs)
      .where((eb) => eb(eb.refTuple('exit_ts', 'symbol', 'tf', 'ts'), '>', eb.tuple(...place)))
  }
  const rows = await rest.orderBy('exit_ts').orderBy('symbol').orderBy('tf').orderBy('ts').limit(limit).execute()
  return rows.flatMap(fromRow)
}

async function verdicts(db: Kysely<MainTables>): ReturnType<LabelStore['verdicts']> {
  const labels = sql<number>`cast(json_extract(evidence, '$.labels') as bigint)`.as('labels')
  const rows = await db.selectFrom('model_evidence').select(['model', 'verdict', labels]).orderBy('model').execute()
  return rows.map((row) => ({ ...row, verdict: row.verdict as ModelVerdict }))
}

async function prune(db: Kysely<MainTables>, beforeMs: number): Promise<number> {
  const models = await db.selectFrom('model').select('version').execute()
  let removed = 0
  // Model by model, as the index has them.
  for (const model of [BASELINE, ...models.map(({ version }) => version)]) {
    const own = db.deleteFrom('label').where('model', '=', model).where('entry_ts', '<', beforeMs)
    removed += Number((await own.executeTakeFirstOrThrow()).numDeletedRows)
  }
  return removed
}

async function saveStream(
  trx: Kysely<MainTables>,
  { stream, source, lastTs, state }: StoredLabelStream,
  { fromTs, labels, nowMs }: Parameters<LabelStore['saveStream']>[1],
): Promise<boolean> {
  const row = { ...stream, source, last_ts: lastTs, state: JSON.stringify(state), changed_at: nowMs }
  const changed =
    fromTs === null
      ? await trx
          .insertInto('label_stream')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
      : await trx
          .updateTable('label_stream')
          .set(row)
          .where('symbol', '=', stream.symbol)
          .where('tf', '=', stream.tf)
          .where('last_ts', '=', fromTs)
          .executeTakeFirstOrThrow()
  if (rowsOf(changed) === 0n) return false
  const stored = labels.map((one) => ({ ...one, stream }))
  await count(trx, await insertNew(trx, stored), false)
  return true
}

async function saveEvidence(
  trx: Kysely<MainTables>,
  model: string,
  { evidence, roundsTo, verdict, leftOut }: StoredEvidence,
  { fromTo, counted, anew = false, nowMs }: Parameters<LabelStore['saveEvidence']>[2],
): Promise<boolean> {
  const json = { evidence: JSON.stringify(evidence), leave_out: JSON.stringify(leftOut) }
  const row = { model, ...json, rounds_to: roundsTo, verdict, changed_at: nowMs }
  const changed =
    fromTo === null
      ? await trx
          .insertInto('model_evidence')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
      : await trx
          .updateTable('model_evidence')
          .set(row)
          .where('model', '=', model)
          .where('rounds_to', '=', fromTo)
          .executeTakeFirstOrThrow()
  if (rowsOf(changed) === 0n) return false
  if (anew) await forgetVerdictsAfter(trx, model, roundsTo)
  await keepVerdict(trx, { model, evidence, roundsTo })
  if (anew) await trx.deleteFrom('label_counter').where('model', '=', model).where('counted', '=', 1).execute()
  await count(trx, counted, true)
  return true
}

const rowsOf = (changed: InsertResult | UpdateResult): bigint =>
  ('numUpdatedRows' in changed ? changed.numUpdatedRows : changed.numInsertedOrUpdatedRows) ?? 0n

/** Resolves with those that were not there: a replay that is run again decides on the same candles. */
async function insertNew(trx: Kysely<MainTables>, labels: readonly StoredLabel[]): Promise<StoredLabel[]> {
  const inserted = new Set<string>()
  for (let at = 0; at < labels.length; at += ROWS_A_STATEMENT) {
    const rows = await trx
      .insertInto('label')
      .values(labels.slice(at, at + ROWS_A_STATEMENT).map(toRow))
      .onConflict((conflict) => conflict.doNothing())
      .returning(['model', 'ts'])
      .execute()
    for (const { model, ts } of rows) inserted.add(`${model} ${ts}`)
  }
  return labels.filter(({ model, label }) => inserted.has(`${model} ${label.ts}`))
}

const COUNTER_COLUMNS = [
  'labels',
  'hits',
  'ambiguous',
  'candles_held',
  'confid_nano',
  'brier_nano',
  'log_loss_nano',
  'break_even_nano',
  'net_return_nano',
] as const

/** Adds labels to the counters of their buckets. */
async function count(trx: Kysely<MainTables>, labels: readonly StoredLabel[], counted: boolean): Promise<void> {
  const sums = new Map<
    string,
    { key: Pick<LabelCounterRow, 'model' | 'symbol' | 'tf' | 'bucket' | 'counted'>; sum: LabelCounter }
  >()
  for (const { model, stream, label } of labels) {
    const key = { model, ...stream, bucket: Math.round(10 * mlBucket(label.confid)), counted: counted ? 1 : 0 }
    const name = Object.values(key).join(' ')
    const before = sums.get(name)
    sums.set(name, { key, sum: before === undefined ? counterOf(label) : mergeCounters(before.sum, counterOf(label)) })
  }
  for (const { key, sum } of sums.values())
    await trx
      .insertInto('label_counter')
      .values({ ...key, ...counterToRow(sum) })
      .onConflict((conflict) =>
        conflict
          .columns(['model', 'symbol', 'tf', 'bucket', 'counted'])
          .doUpdateSet(
            Object.fromEntries(
              COUNTER_COLUMNS.map((name) => [
                name,
                sql<number>`${sql.ref(`label_counter.${name}`)} + ${sql.ref(`excluded.${name}`)}`,
              ]),
            ),
          ),
      )
      .execute()
}

function counterToRow(counter: LabelCounter): Pick<LabelCounterRow, (typeof COUNTER_COLUMNS)[number]> {
  return {
    labels: counter.labels,
    hits: counter.hits,
    ambiguous: counter.ambiguous,
    candles_held: counter.candlesHeld,
    confid_nano: counter.confidNano,
    brier_nano: counter.brierNano,
    log_loss_nano: counter.logLossNano,
    break_even_nano: counter.breakEvenNano,
    net_return_nano: counter.netReturnNano,
  }
}

function counterFromRow(row: LabelCounterRow): StoredCounter[] {
  const { symbol, tf, bucket } = row
  if (!isTimeframe(tf)) return []
  const counter: LabelCounter = {
    labels: row.labels,
    hits: row.hits,
    ambiguous: row.ambiguous,
    candlesHeld: row.candles_held,
    confidNano: row.confid_nano,
    brierNano: row.brier_nano,
    logLossNano: row.log_loss_nano,
    breakEvenNano: row.break_even_nano,
    netReturnNano: row.net_return_nano,
  }
  return [{ stream: { symbol, tf }, bucket: bucket / 10, counter }]
}

function toRow({ model, stream, label }: StoredLabel): LabelRow {
  return {
    model,
    ...stream,
    ts: label.ts,
    direction: label.direction,
    confid: label.confid,
    ...label.parts,
    atr: label.atr,
    entry_ts: label.entryTs,
    entry_price: label.entryPrice,
    exit_ts: label.exitTs,
    exit_price: label.exitPrice,
    outcome: label.outcome,
    ambiguous: label.ambiguous ? 1 : 0,
    candles_held: label.candlesHeld,
    net_return: label.netReturn,
    hit: label.hit ? 1 : 0,
    profit_distance: label.profitDistance,
    stop_distance: label.stopDistance,
    cost_rate: label.costRate,
  }
}

function fromRow(row: LabelRow): StoredLabel[] {
  const { model, symbol, tf, rsi, macd, trend } = row
  if (!isTimeframe(tf)) return []
  const label: Label<ScoredDecision> = {
    ts: row.ts,
    direction: row.direction > 0 ? 1 : -1,
    confid: row.confid,
    atr: row.atr,
    parts: { rsi, macd, trend },
    entryTs: row.entry_ts,
    entryPrice: row.entry_price,
    exitTs: row.exit_ts,
    exitPrice: row.exit_price,
    outcome: row.outcome as LabelOutcome,
    ambiguous: row.ambiguous === 1,
    candlesHeld: row.candles_held,
    netReturn: row.net_return,
    hit: row.hit === 1,
    profitDistance: row.profit_distance,
    stopDistance: row.stop_distance,
    costRate: row.cost_rate,
  }
  return [{ model, stream: { symbol, tf }, label }]
}
