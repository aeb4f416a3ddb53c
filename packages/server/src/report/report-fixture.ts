import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelLabel } from '@spark/core/calibration/label-stream'
import type { EndedBreach } from '@spark/core/rollout/state'
import { startRollout } from '@spark/core/rollout/state'
import { DEFAULT_PLAN } from '@spark/core/rollout/plan'
import { emptySloCounts, SLICE_MS, type SloCounts } from '@spark/core/rollout/slo'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { recordValue } from '@spark/core/stats/histogram'
import { createRandom, randomUniform, type RandomState } from '@spark/core/stats/random'
import { installModels } from '../champion.ts'
import { loadConfig } from '../config.ts'
import { sloMetrics } from '../slo-slices.ts'
import { AuditAppender } from '../storage/audit/audit-appender.ts'
import { auditLine, type AuditEvent } from '../storage/audit/audit-event.ts'
import { catchUpAuditIndex } from '../storage/audit/audit-indexer.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { createAuditOutbox, type AuditOutbox } from '../storage/audit-outbox.ts'
import { createLabelStore, type LabelStore, type StoredLabelStream } from '../storage/label-store.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createReportStore, type ReportStore } from '../storage/report-store.ts'
import { createRolloutStore, type RolloutStore } from '../storage/rollout-store.ts'
import type { MakeReportDeps } from './make-report.ts'

/** The day that the fixture fills. */
export const DAY_FROM_MS = Date.parse('2026-01-31T00:00:00Z')
export const DAY_TO_MS = DAY_FROM_MS + 86_400_000
export const DAY = { id: 'day-2026-01-31', period: { kind: 'day', fromMs: DAY_FROM_MS, toMs: DAY_TO_MS } } as const
export const PREPARED = { ms: DAY_TO_MS + 1_800_000, by: 'Spark' }
/** The rollout begins before the day, and is in its half by noon. */
const STARTED_MS = DAY_FROM_MS - 3_600_000
const ROWS_AT_ONCE = 400

export interface ReportHouse {
  database: MainDatabase
  deps: MakeReportDeps & {
    store: ReportStore
    db: MainDatabase['db']
    labels: LabelStore
    outbox: AuditOutbox
    rollouts: RolloutStore
  }
  close(): Promise<void>
}

/** A folder with the stores that a report reads. Nothing is in them but the first model. */
export async function openHouse(dataDir: string, thread = false): Promise<ReportHouse> {
  const config = loadConfig({ SPARK_DATA_DIR: dataDir, SPARK_LOG_LEVEL: 'silent' })
  const database = await openMainDatabase({ path: config.databasePath, thread })
  const { db } = database
  const models = createModelStore(db)
  await installModels(models, null, STARTED_MS)
  mkdirSync(join(dataDir, 'audit'), { recursive: true })
  const auditReader = openAuditReader({ dataDir, thread })
  const stores = { slices: createMetricSliceStore(db), labels: createLabelStore(db), rollouts: createRolloutStore(db), models }
  const settings = createLiveSettingStore(db)
  return {
    database,
    deps: { config, ...stores, settings, auditReader, outbox: createAuditOutbox(db), store: createReportStore(db), db },
    async close() {
      await auditReader.close()
      await database.close()
    },
  }
}

export interface DayOptions {
  /** Polls of a slice that are due. */
  due: number
  labels: number
  /** Of the audit, for each slice. */
  scoreRows: number
}

/** A day that has some of everything: errors, warnings, breaches, an hour without measurement, labels, decisions. */
export async function fillDay({ deps }: ReportHouse, options: DayOptions): Promise<void> {
  const random = createRandom(7)
  await fillSlices(deps.db, random, options)
  await fillLabels(deps, random, options.labels)
  await fillRollout(deps)
  await fillAudit(deps.config.dataDir, options.scoreRows)
}

async function fillSlices(db: MainDatabase['db'], random: RandomState, { due }: DayOptions): Promise<void> {
  const rows: { step_s: number; slice_ts: number; source: string; metric: string; body: string }[] = []
  for (let at = -20; at < 2880; at++) {
    const sliceTs = DAY_FROM_MS + at * SLICE_MS
    // From 05:00 to 06:00 nobody measured.
    if (at >= 600 && at < 720) continue
    for (const [metric, body] of Object.entries(sloMetrics({ sliceTs, counts: countsAt(random, at, due) })))
      rows.push({ step_s: 30, slice_ts: sliceTs, source: 'executor', metric, body: JSON.stringify(body) })
  }
  await db.transaction().execute(async (trx) => {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE)
      await trx
        .insertInto('metric_slice')
        .values(rows.slice(at, at + ROWS_AT_ONCE))
        .execute()
  })
}

function countsAt(random: RandomState, at: number, due: number): SloCounts {
  const counts = emptySloCounts()
  // From 10:00 to 10:30 answers are slow, from 15:00 to 15:20 they are late.
  const [slow, late] = [at >= 1200 && at < 1260, at >= 1800 && at < 1840]
  counts.due = due
  for (let poll = 0; poll < due; poll++) {
    const draw = randomUniform(random)
    const kind = draw < 0.005 ? 'error' : late && draw < 0.05 ? 'timeout' : 'ok'
    counts.polls[kind] += 1
    recordValue(counts.latencyMs, kind === 'timeout' ? 5000 : (slow ? 1200 : 10) + 900 * randomUniform(random) ** 4)
    if (kind === 'ok') recordValue(counts.confid, 0.45 + 0.5 * randomUniform(random))
  }
  counts.stalenessS = 2 + 20 * randomUniform(random) ** 3
  counts.dlqSize = at > 2000 && at < 2100 ? 1 : 0
  return counts
}

async function fillLabels({ labels: store }: ReportHouse['deps'], random: RandomState, count: number): Promise<void> {
  const made = Array.from({ length: count }, (_, at): ModelLabel => labelAt(random, at, count))
  const state = { timeframe: '1h', indicators: null, queues: {} } as unknown as StoredLabelStream['state']
  const stream = { symbol: 'BTCUSDT', tf: '1h' } as const
  await store.saveStream({ stream, source: 'sim', lastTs: DAY_TO_MS, state }, { fromTs: null, labels: made, nowMs: DAY_TO_MS })
}

/** Some end before the day, and some after it. */
function labelAt(random: RandomState, at: number, count: number): ModelLabel {
  const exitTs = DAY_FROM_MS + Math.floor(((at - 0.05 * count) / (0.9 * count)) * 86_400_000)
  const part = () => 2 * randomUniform(random) - 1
  const hit = randomUniform(random) < 0.55
  return {
    model: ML_FUSION_1_2.version,
    label: {
      ts: exitTs - 7_200_000 - at,
      direction: randomUniform(random) < 0.5 ? 1 : -1,
      confid: 0.5 + 0.4 * randomUniform(random),
      parts: { rsi: part(), macd: part(), trend: part() },
      atr: 10,
      entryTs: exitTs - 3_600_000,
      entryPrice: 1000,
      exitTs,
      exitPrice: hit ? 1010 : 990,
      outcome: hit ? 'profit' : 'stop',
      ambiguous: false,
      candlesHeld: 2,
      netReturn: (hit ? 0.01 : -0.01) - 0.002,
      hit,
      profitDistance: 0.01,
      stopDistance: 0.01,
      costRate: 0.002,
    },
  }
}

const minute = (at: number): number => DAY_FROM_MS + at * 60_000

const BREACHES: EndedBreach[] = [
  { gate: 'p95', sinceMs: minute(601), endMs: minute(640), critical: true, fast: false, worst: 1987.5 },
  { gate: 'error_rate', sinceMs: minute(901), endMs: minute(925), critical: false, fast: false, worst: 4.2 },
  { gate: 'p95', sinceMs: minute(-600), endMs: minute(-500), critical: true, fast: false, worst: 2000 },
  { gate: 'staleness', sinceMs: minute(1400), endMs: minute(1450), critical: false, fast: false, worst: 70 },
]

/** Breaches of the rollout that are not kept any more. */
export async function loseBreaches({ deps: { db, rollouts } }: ReportHouse, count: number): Promise<void> {
  const [rollout] = await rollouts.list(1)
  if (rollout === undefined) throw new Error('the day is not filled')
  const { id, state } = rollout
  const breaches = { ...state.breaches, total: state.breaches.total + count }
  await db.transaction().execute((trx) => rollouts.saveState(trx, id, { ...state, breaches }, DAY_TO_MS))
}

async function fillRollout({ db, rollouts }: ReportHouse['deps']): Promise<void> {
  const begun = { rolloutId: 'rollout-1', planDigest: 'd'.repeat(64), ceiling: 1, nowMs: STARTED_MS }
  const state = { ...startRollout(DEFAULT_PLAN, begun, null), breaches: { ended: BREACHES, total: 4, critical: 2 } }
  const frozen = {
    plan: DEFAULT_PLAN,
    modelVersion: ML_FUSION_1_2.version,
    modelHash: 'h'.repeat(64),
    capital: '1000',
    strategies: 2,
  }
  const rollout = {
    id: 'rollout-1',
    ordinal: 1,
    frozen,
    planDigest: begun.planDigest,
    state,
    startedAt: STARTED_MS,
    startedBy: 'ada',
  }
  await db.transaction().execute((trx) => rollouts.insert(trx, rollout, []))
}

/** A row about the rollout, its model or settings. */
export function decided(ts: number, action: string, context: Record<string, unknown>): AuditEvent {
  return { ts, action, actor: 'ada', traceId: null, result: 'ok', context }
}

/** What the chains of api and executor tell of the day; hours before it and after it too. */
async function fillAudit(dataDir: string, scoreRows: number): Promise<void> {
  const decision = (ts: number, action: string, actor: string, context: Record<string, unknown>): AuditEvent => ({
    ...decided(ts, action, { rollout: 'rollout-1', ...context }),
    actor,
  })
  const advance = (ts: number, share: number) =>
    decision(ts, 'rollout.advance', 'controller', {
      decision: 'advance',
      reasons: [`${100 * share} % begins`],
      effects: [{ kind: 'expose', share }],
    })
  const raise = (ts: number, share: number) =>
    decision(ts, 'rollout.promote', 'ada', {
      decision: 'soak',
      reasons: [],
      effects: [],
      input: { commands: [{ kind: 'promote', share }] },
    })
  const score = (ts: number): AuditEvent => ({
    ts,
    action: 'ml.score',
    actor: 'executor',
    strategyId: 's-1',
    traceId: null,
    result: 'ok',
    context: { confid: 0.6, score: 0.2, decision: 1 },
  })
  const decisions = [
    decision(STARTED_MS, 'rollout.start', 'ada', { reason: 'go live', state: { ceiling: 0.1 } }),
    advance(minute(180), 0.1),
    decision(minute(612), 'rollout.counter_move', 'controller', {
      decision: 'counter_move',
      reasons: ['p95 > 1000 & lasts: floor 0.55 → 0.6'],
      effects: [],
    }),
    raise(minute(700), 0.5),
    advance(minute(720), 0.5),
    raise(minute(1445), 1),
    advance(minute(1450), 1),
  ]
  const paused = (ts: number, strategyId: string): AuditEvent => ({
    ts,
    action: 'strategy.auto_paused',
    actor: 'executor',
    strategyId,
    traceId: null,
    result: 'ok',
    context: {},
  })
  const slicesEach = Math.max(1, Math.floor(ROWS_AT_ONCE / Math.max(1, scoreRows)))
  const rowsOf = (slice: number) => Array.from({ length: scoreRows }, () => score(DAY_FROM_MS + slice * SLICE_MS))
  const slicesFrom = (first: number) => Array.from({ length: Math.min(slicesEach, 2880 - first) }, (_, at) => first + at)
  // The first was resumed in between.
  const pauses = [paused(minute(300), 's-1'), paused(minute(310), 's-2'), paused(minute(500), 's-1')]
  await appendAudit(dataDir, 'executor', [decisions, pauses])
  const firsts = Array.from({ length: Math.ceil(2880 / slicesEach) }, (_, at) => at * slicesEach)
  function* scores(): Generator<AuditEvent[]> {
    for (const first of firsts) yield slicesFrom(first).flatMap(rowsOf)
  }
  await appendAudit(dataDir, 'api-1', scores())
  await catchUpAuditIndex({ dataDir })
}

export async function appendAudit(dataDir: string, writer: string, segments: Iterable<AuditEvent[]>): Promise<void> {
  const appender = await AuditAppender.open(dataDir, writer, false)
  for (const events of segments) {
    if (events.length === 0) continue
    const times = events.map(({ ts = 0 }) => ts)
    const body = events.map((event) => auditLine(event, 0)).join('\n')
    await appender.append({ body, firstTs: Math.min(...times), lastTs: Math.max(...times) })
  }
  await appender.close()
}
