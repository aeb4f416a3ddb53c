import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Stream } from '@spark/core/market/candle'
import { streamName } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import { pruneBackups, takeBackup } from '../backup/backup.ts'
import { checkDatabase } from '../backup/copy-database.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { FeedError, type Feed } from '../feed/feed.ts'
import type { JobWork } from '../jobs/run-jobs.ts'
import type { Reports } from '../report/run-reports.ts'
import type { AuditWriter } from '../storage/audit/audit-event.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import { pruneAuditSnapshots, writeAuditSnapshot } from '../storage/audit/audit-snapshot.ts'
import { toldProblem } from '../storage/audit/told-problem.ts'
import { verifyAuditApart } from '../storage/audit/verify-apart.ts'
import type { AlertNoticeStore } from '../storage/alert-notice-store.ts'
import type { AlertStore } from '../storage/alert-store.ts'
import type { CandleStore } from '../storage/candle-store.ts'
import type { EquityStore } from '../storage/equity-store.ts'
import type { JobRunStore } from '../storage/job-run-store.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import { retainAuditOf } from './audit-retention.ts'
import { retainCandles } from './candle-retention.ts'
import type { MainTables } from '../storage/tables.ts'
import { updateModel, type UpdateDeps } from './learning/update-model.ts'
import { lookAtDrift, type DriftDeps } from './labels/look-at-drift.ts'
import { matureLabels, type LabelDeps } from './labels/mature-labels.ts'
import { isPostgresUrl } from '../storage/postgres-url.ts'

const HISTORY_CANDLES = 1000
/** Older holes are history: the import mends them. */
const REPAIR_CANDLES = 10_000
/** A hole that is larger is fetched in several runs. */
const REPAIR_AT_ONCE = 1000
const BACKUPS_KEPT = 7
const DAY_MS = 86_400_000
const RAW_DAYS = 90
const ROLLUP_DAYS = 800

export interface JobWorkDeps {
  config: Pick<
    Config,
    'dataDir' | 'databasePath' | 'version' | 'buildSha' | 'checkpointFile' | 'signingKeyFile' | 'candleDays' | 'auditDays'
  >
  db: Kysely<MainTables>
  audit: Pick<AuditWriter, 'append'>
  clock: Clock
  feed: Feed
  streams: readonly Stream[]
  candles: CandleStore
  slices: MetricSliceStore
  equity: EquityStore
  runs: JobRunStore
  alerts: Pick<AlertStore, 'prune'>
  notices: Pick<AlertNoticeStore, 'prune'>
  labels: LabelDeps
  drift: DriftDeps
  learning: UpdateDeps
  reports: Pick<Reports, 'daily' | 'prune'>
  auditReader: AuditReader
}

/** What the scheduled jobs do. Each may be run again at any time: what is done stays done. */
export function createJobWork(deps: JobWorkDeps): JobWork {
  return {
    backfill: () => backfill(deps),
    'gap-repair': () => repairGaps(deps),
    labels: () => matureLabels(deps.labels),
    drift: () => lookAtDrift(deps.drift),
    learn: () => updateModel(deps.learning),
    report: () => deps.reports.daily(),
    snapshot: () => snapshot(deps),
    backup: () => backup(deps),
    integrity: () => integrity(deps),
    retention: () => retention(deps),
  }
}

/** A source that cannot be asked for some streams fails the job after the others have been done. */
async function eachStream(streams: readonly Stream[], work: (stream: Stream) => Promise<number>): Promise<number> {
  let sum = 0
  const problems: string[] = []
  for (const stream of streams)
    try {
      sum += await work(stream)
    } catch (error) {
      if (!(error instanceof FeedError)) throw error
      problems.push(`${streamName(stream)}: ${error.message}`)
    }
  if (problems.length > 0)
    throw new Error(`${problems.length} streams could not be asked for; ${problems.slice(0, 3).join('; ')}`)
  return sum
}

async function backfill({ feed, streams, candles }: JobWorkDeps): Promise<string> {
  const added = await eachStream(streams, async (stream) => {
    const lengthMs = timeframeMs(stream.tf)
    const endMs = Math.floor(feed.nowMs() / lengthMs) * lengthMs
    const stored = await candles.latest(stream, HISTORY_CANDLES, endMs, [feed.name, 'import'])
    const missing = HISTORY_CANDLES - stored.length
    if (missing <= 0) return 0
    const found = await feed.backfill(stream, missing, stored[0]?.ts ?? endMs)
    return (await candles.putAll(stream, found, feed.name)).inserted
  })
  return told('backfilled', { added, streams: streams.length })
}

async function repairGaps({ feed, streams, candles, clock }: JobWorkDeps): Promise<string> {
  let holes = 0
  const added = await eachStream(streams, async (stream) => {
    const lengthMs = timeframeMs(stream.tf)
    const sinceMs = feed.nowMs() - REPAIR_CANDLES * lengthMs
    let inserted = 0
    for (const gap of await candles.gaps(stream, sinceMs, feed.nowMs())) {
      holes += 1
      const count = Math.min(gap.missing, REPAIR_AT_ONCE)
      const endMs = gap.firstMissingTs + count * lengthMs
      const found = (await feed.backfill(stream, count, endMs)).filter(({ ts }) => ts >= gap.firstMissingTs && ts < endMs)
      inserted += (await candles.putAll(stream, found, feed.name)).inserted
    }
    for (const gap of await candles.gaps(stream, sinceMs, feed.nowMs())) await candles.putGap(stream, gap, clock.nowMs())
    return inserted
  })
  return told('gaps_repaired', { holes, added })
}

async function backup({ config, clock }: JobWorkDeps): Promise<string> {
  if (isPostgresUrl(config.databasePath)) return told('backup_of_server')
  const folder = join(config.dataDir, 'backups')
  const { folder: made, manifest } = await takeBackup({ ...config, folder, nowMs: clock.nowMs() })
  const removed = await pruneBackups(folder, BACKUPS_KEPT)
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  return told('backed_up', { folder: made, files: manifest.files.length, megabytes: (bytes / 1e6).toFixed(1), removed })
}

/** The last day that is over: run again it writes the same. */
async function snapshot({ config: { dataDir }, clock, auditReader }: JobWorkDeps): Promise<string> {
  const dayMs = Math.floor(clock.nowMs() / DAY_MS) * DAY_MS - DAY_MS
  const { path, rows } = await writeAuditSnapshot({ reader: auditReader, folder: dataDir, timeMs: dayMs })
  const removed = await pruneAuditSnapshots(dataDir, dayMs - RAW_DAYS * DAY_MS)
  return told('snapshot_written', { path, rows, removed })
}

async function integrity({ config }: JobWorkDeps): Promise<string> {
  const { dataDir, databasePath, checkpointFile } = config
  for (const path of [databasePath, join(dataDir, 'paper-venue.db')]) if (existsSync(path)) await checkDatabase(path)
  const report = await verifyAuditApart({
    dataDir,
    databasePath,
    ...(checkpointFile !== null && existsSync(checkpointFile) && { checkpointsFile: checkpointFile }),
  })
  const [first] = report.problems
  if (first !== undefined) throw new Error(told('audit_broken', { count: report.problems.length, told: toldProblem(first) }))
  const sumOf = (what: 'rows' | 'segments') => report.writers.reduce((sum, writer) => sum + writer[what], 0)
  return told('segments_verified', {
    rows: sumOf('rows'),
    segments: sumOf('segments'),
    checkpoints: report.checkpoints.checked,
  })
}

async function retention(deps: JobWorkDeps): Promise<string> {
  const { config, clock, slices, equity, runs, alerts, notices, labels, reports } = deps
  const nowMs = clock.nowMs()
  const rawMs = nowMs - RAW_DAYS * DAY_MS
  const rollupMs = nowMs - ROLLUP_DAYS * DAY_MS
  const removed = {
    slices: (await slices.prune(30, rawMs)) + (await slices.prune(300, rollupMs)) + (await slices.prune(3600, rollupMs)),
    equity: await equity.thin(rawMs),
    runs: await runs.prune(rollupMs),
    messages: await notices.prune(rawMs),
    alerts: await alerts.prune(rollupMs),
    labels: await labels.labels.prune(rollupMs),
    reports: await reports.prune(rollupMs),
  }
  let said = told('pruned', removed)
  if (config.candleDays !== null) said = told('candles_pruned', { told: said, ...(await retainCandles(deps, config.candleDays)) })
  if (config.auditDays !== null) said = told('audit_pruned', { told: said, ...(await retainAuditOf(deps, config.auditDays)) })
  return said
}
