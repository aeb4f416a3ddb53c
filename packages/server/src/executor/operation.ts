import type { Stream } from '@spark/core/market/candle'
import { told } from '@spark/contract/told'
import { readMarkers } from '../calibration-markers.ts'
import type { Feed } from '../feed/feed.ts'
import { startJobs, type JobWork } from '../jobs/run-jobs.ts'
import { startOptimizations } from '../jobs/run-optimizations.ts'
import { startRehearsals } from '../jobs/run-rehearsals.ts'
import { startHeartbeat } from '../notify/heartbeat.ts'
import { startNotifier } from '../notify/notifier.ts'
import type { OpenStorage } from '../open-storage.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import { systemRandomness } from '../random.ts'
import { createReports, type Reports } from '../report/run-reports.ts'
import type { Started } from '../start-process.ts'
import { createAlertNoticeStore } from '../storage/alert-notice-store.ts'
import { createAlertStore } from '../storage/alert-store.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createDriftStore } from '../storage/drift-store.ts'
import { createEquityStore } from '../storage/equity-store.ts'
import { createJobRunStore } from '../storage/job-run-store.ts'
import { createLearnerStore } from '../storage/learner-store.ts'
import { auditOf } from '../storage/audit/audit-location.ts'
import { openAuditReader, type AuditReader } from '../storage/audit/audit-reader.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createReportStore } from '../storage/report-store.ts'
import { createOptimizationStore } from '../storage/optimization-store.ts'
import { createRehearsalStore } from '../storage/rehearsal-store.ts'
import type { Ingest } from './ingest.ts'
import { createJobWork, type JobWorkDeps } from './job-work.ts'
import { labelDepsOf, tellDrift } from './labels/label-deps.ts'
import type { OrderDesk } from './order-desk.ts'

/** Market data older than this is not well: the limit of the staleness alarm. */
const STALE_S = 30

export interface OperationParts {
  storage: OpenStorage
  feed: Feed
  streams: readonly Stream[]
  ingest: Ingest
  desk: OrderDesk
}

/** What runs beside the order path and never holds it up: scheduled jobs, notifications, the heartbeat. */
export async function startOperation({ config, clock, log, life }: Started, parts: OperationParts): Promise<void> {
  const { db } = parts.storage.database
  const random = systemRandomness
  // By the wall clock, also in a replay: people and schedules live by it.
  const queue = createDatabaseQueue({ db, clock, random })
  const runs = createJobRunStore(db)
  const { desk } = parts
  // A thread of its own from the first question on: a report or a snapshot reads a whole day.
  const auditReader = openAuditReader(auditOf(config))
  life.onStop('audit reader of jobs', () => auditReader.close())
  const reports = openReports({ config, clock, log }, parts, auditReader)
  const work = workOf({ config, clock }, parts, { runs, reports, auditReader })
  const rehearsals = await startRehearsals({ ...config, store: createRehearsalStore(db), clock, log })
  const optimizations = await startOptimizations({ store: createOptimizationStore(db), clock, log, source: parts.feed.name })
  const jobs = startJobs({
    clock,
    random,
    log,
    queue,
    runs,
    work,
    rehearse: (id) => rehearsals.run(id),
    report: (id) => reports.run(id),
    optimize: (id) => optimizations.run(id),
    onDone: (name) => desk.resolve('job_failed', `job:${name}`),
    onFailed: (name, reason) =>
      desk.raise({
        severity: 'red',
        code: 'job_failed',
        scope: `job:${name}`,
        message: told('job_failed', { job: name, words: reason }),
      }),
  })
  life.onStop('jobs', async () => {
    await Promise.all([rehearsals.stop(), optimizations.stop(), reports.stop()])
    await jobs.stop()
  })
  reports.watch()
  const notifier = startNotifier({ config, queue, alerts: desk.alerts, clock, random, log })
  life.onStop('notifications', () => notifier.stop())
  if (config.heartbeatUrl === null) return
  life.onStop(
    'heartbeat',
    startHeartbeat({
      url: config.heartbeatUrl,
      allowPrivate: config.notifyPrivate,
      clock,
      log,
      problem: () => problemOf(parts),
    }),
  )
}

function openReports(
  { config, clock, log }: Pick<Started, 'config' | 'clock' | 'log'>,
  { storage, desk }: OperationParts,
  auditReader: AuditReader,
): Reports {
  const { db } = storage.database
  const { rollouts, labels, outbox } = desk.stores
  const stores = { rollouts, labels, slices: createMetricSliceStore(db), models: createModelStore(db) }
  const settings = createLiveSettingStore(db)
  return createReports({ config, clock, log, db, store: createReportStore(db), ...stores, settings, auditReader, outbox })
}

/** What the scheduled jobs do, on the stores of this process. */
function workOf(
  { config, clock }: Pick<Started, 'config' | 'clock'>,
  { storage, feed, streams, desk }: OperationParts,
  { runs, reports, auditReader }: Pick<JobWorkDeps, 'runs' | 'reports' | 'auditReader'>,
): JobWork {
  const { db } = storage.database
  const judged = labelDepsOf({ config, clock, db, desk, feed, streams, markers: () => readMarkers(config.dataDir) })
  return createJobWork({
    config,
    db,
    audit: storage.audit,
    clock,
    feed,
    streams,
    candles: createCandleStore(db),
    slices: createMetricSliceStore(db),
    equity: createEquityStore(db),
    runs,
    reports,
    auditReader,
    alerts: createAlertStore(db),
    notices: createAlertNoticeStore(db),
    labels: judged,
    drift: { ...judged, drift: createDriftStore(db), onDrift: (model, drifted) => tellDrift(desk, model, drifted) },
    learning: {
      ...judged,
      learner: createLearnerStore(db),
      outbox: desk.stores.outbox,
      weightsFixed: config.weights !== null,
    },
  })
}

/** Why all is not well, or null. */
export async function problemOf(parts: {
  storage: Pick<OpenStorage, 'storageHealth'>
  ingest: Pick<Ingest, 'stalenessS'>
  desk: Pick<OrderDesk, 'haltedReason'>
}): Promise<string | null> {
  const health = await parts.storage.storageHealth()
  if (!health.ok) return health.detail ?? 'storage cannot be written'
  const halted = parts.desk.haltedReason()
  if (halted !== null) return `the venue is halted: ${halted}`
  const stalenessS = parts.ingest.stalenessS()
  if (stalenessS === null) return 'there is no market data yet'
  return stalenessS > STALE_S ? `market data is ${stalenessS.toFixed(0)} s old` : null
}
