import type { Kysely, Transaction } from 'kysely'
import { prepared } from './prepared.ts'
import { mergeSliceBodies, ROLLUP_STEPS_S, SEALED_STEP_S, type SliceBody, sliceOpenMs } from './metric-slice.ts'
import type { MainTables, MetricSliceRow } from './tables.ts'

export interface MetricSlice {
  /** Start of the slice, ms. */
  sliceTs: number
  source: string
  metric: string
  body: SliceBody
}

export interface MetricSliceStore {
  /**
   * Keeps what `source` measured in the 30 s from `sliceTs`, and adds it to the roll-ups, in one transaction. A slice that
   * was sealed before is left alone, roll-ups included: resolves with false.
   */
  seal(slice: { sliceTs: number; source: string; metrics: Record<string, SliceBody> }): Promise<boolean>
  /** Slices of one length with fromMs <= sliceTs < toMs, by time, source, metric. */
  read(stepS: number, fromMs: number, toMs: number, trx?: Kysely<MainTables>): Promise<MetricSlice[]>
  /** Removes sealed slices from `fromMs` on: the clock went back, and their time comes again. Roll-ups keep what was measured. */
  forget(fromMs: number, trx: Kysely<MainTables>): Promise<void>
  /** Start of the newest slice of that length, or null. */
  newest(stepS: number): Promise<number | null>
  /** Removes slices of one length that started before `beforeMs`; resolves with how many. */
  prune(stepS: number, beforeMs: number): Promise<number>
}

const between = prepared<MainTables, { step: number; from: number; to: number }, MetricSliceRow>((from, parameter) =>
  from
    .selectFrom('metric_slice')
    .selectAll()
    .where('step_s', '=', parameter('step'))
    .where('slice_ts', '>=', parameter('from'))
    .where('slice_ts', '<', parameter('to'))
    .orderBy('slice_ts')
    .orderBy('source')
    .orderBy('metric'),
)
const anyOf = prepared<MainTables, { step: number; ts: number; source: string }, { metric: string }>((from, parameter) =>
  from
    .selectFrom('metric_slice')
    .select('metric')
    .where('step_s', '=', parameter('step'))
    .where('slice_ts', '=', parameter('ts'))
    .where('source', '=', parameter('source'))
    .limit(1),
)

const upsert = prepared<MainTables, { rows: readonly MetricSliceRow[] }>(
  (from, parameter) =>
    from
      .insertInto('metric_slice')
      .values(parameter('rows'))
      .onConflict((conflict) =>
        conflict.columns(['step_s', 'slice_ts', 'source', 'metric']).doUpdateSet((eb) => ({ body: eb.ref('excluded.body') })),
      ),
  ({ rows }) => rows.length,
)

/** `rollUpSteps`: lengths in s of the slices that sealed ones are added up to, for charts. */
export function createMetricSliceStore(
  db: Kysely<MainTables>,
  { rollUpSteps = ROLLUP_STEPS_S }: { rollUpSteps?: readonly number[] } = {},
): MetricSliceStore {
  return {
    async seal({ sliceTs, source, metrics }) {
      if (sliceTs !== sliceOpenMs(sliceTs, SEALED_STEP_S)) throw new RangeError(`slice ${sliceTs} does not start on 30 s`)
      const names = Object.keys(metrics)
      if (names.length === 0) return false
      return db.transaction().execute(async (trx) => {
        const sealed = await anyOf(trx, { step: SEALED_STEP_S, ts: sliceTs, source })
        if (sealed.rows.length > 0) return false
        await upsert(trx, { rows: rowsOf(SEALED_STEP_S, sliceTs, source, metrics) })
        for (const stepS of rollUpSteps) await rollUp(trx, stepS, sliceOpenMs(sliceTs, stepS), source, metrics)
        return true
      })
    },
    async read(stepS, fromMs, toMs, trx = db) {
      const { rows } = await between(trx, { step: stepS, from: fromMs, to: toMs })
      return rows.map(({ slice_ts: sliceTs, source, metric, body }) => ({ sliceTs, source, metric, body: bodyOf(body) }))
    },
    async forget(fromMs, trx) {
      await trx.deleteFrom('metric_slice').where('step_s', '=', SEALED_STEP_S).where('slice_ts', '>=', fromMs).execute()
    },
    async newest(stepS) {
      const row = await db
        .selectFrom('metric_slice')
        .select('slice_ts')
        .where('step_s', '=', stepS)
        .orderBy('slice_ts', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.slice_ts ?? null
    },
    async prune(stepS, beforeMs) {
      const { numDeletedRows } = await db
        .deleteFrom('metric_slice')
        .where('step_s', '=', stepS)
        .where('slice_ts', '<', beforeMs)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

async function rollUp(
  trx: Transaction<MainTables>,
  stepS: number,
  sliceTs: number,
  source: string,
  metrics: Record<string, SliceBody>,
): Promise<void> {
  const stored = await trx
    .selectFrom('metric_slice')
    .select(['metric', 'body'])
    .where('step_s', '=', stepS)
    .where('slice_ts', '=', sliceTs)
    .where('source', '=', source)
    .where('metric', 'in', Object.keys(metrics))
    .execute()
  const merged = { ...metrics }
  for (const { metric, body } of stored) {
    const added = metrics[metric]
    if (added !== undefined) merged[metric] = mergeSliceBodies(bodyOf(body), added)
  }
  await upsert(trx, { rows: rowsOf(stepS, sliceTs, source, merged) })
}

function rowsOf(stepS: number, sliceTs: number, source: string, metrics: Record<string, SliceBody>): MetricSliceRow[] {
  return Object.entries(metrics).map(([metric, body]) => ({
    step_s: stepS,
    slice_ts: sliceTs,
    source,
    metric,
    body: JSON.stringify(body),
  }))
}

function bodyOf(text: string): SliceBody {
  return JSON.parse(text) as SliceBody
}
