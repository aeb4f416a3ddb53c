import type { Callers } from '../accounts/callers.ts'
import type { SessionParts } from '../accounts/sessions.ts'
import type { Config } from '../config.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Queue } from '../queue/queue.ts'
import type { Randomness } from '../random.ts'
import type { Alerts } from '../notify/alerts.ts'
import type { AlertStore } from '../storage/alert-store.ts'
import type { DashboardFiles } from '../dashboard/dashboard-files.ts'
import type { CandleStore } from '../storage/candle-store.ts'
import type { DriftStore } from '../storage/drift-store.ts'
import type { ExchangeKeyStore } from '../storage/exchange-key-store.ts'
import type { JobRunStore } from '../storage/job-run-store.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import type { RolloutParts } from '../rollout/decide-rollout.ts'
import type { RolloutViews } from '../rollout/rollout-view.ts'
import type { ConfiguredStartDeps } from '../rollout/start-configured.ts'
import type { ApplyDeps } from '../rollout/apply-settings.ts'
import type { TriageDeps } from '../triage/triage-deps.ts'
import type { RolloutWatch } from '../rollout/watch-rollout.ts'
import type { ReportStore } from '../storage/report-store.ts'
import type { OptimizationStore } from '../storage/optimization-store.ts'
import type { RehearsalStore } from '../storage/rehearsal-store.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import type { SmokeStore } from '../storage/smoke-store.ts'
import type { Principal } from '../tokens.ts'
import type { EventHub } from './event-hub.ts'
import type { ExecutorProbe } from './executor-probe.ts'
import type { Meters } from './meters.ts'
import type { ModelRegistry } from './model-registry.ts'
import type { RequestCounts } from './request-counts.ts'
import type { ScoreService } from './score-service.ts'
import type { StorageHealth } from '../storage-health.ts'
import type { StreamWatch } from './watch-streams.ts'

/** What the routes work with; main.ts puts it together, tests may pass twins. */
export interface ApiDeps {
  config: Pick<
    Config,
    | 'version'
    | 'buildSha'
    | 'venueName'
    | 'feed'
    | 'file'
    | 'canary'
    | 'host'
    | 'allowedHosts'
    | 'rateLimitPerMinute'
    | 'tokenRateLimitPerMinute'
    | 'clockSpeed'
    | 'dataDir'
  >
  processName: string
  schemaHash: string
  clock: Clock
  random: Randomness
  log: Log
  authenticate(authorization: string | undefined): Principal | 'wrong'
  callers: Callers
  requests: Pick<RequestCounts, 'count'>
  accounts: SessionParts
  streams: StreamWatch
  scores: ScoreService
  models: ModelRegistry
  auditReader: AuditReader
  slices: MetricSliceStore
  desk: TradingStores & { queue: Queue }
  rollout: RolloutWatch
  rolloutParts: RolloutParts
  rolloutViews: RolloutViews
  start: ConfiguredStartDeps
  apply: ApplyDeps
  triage: TriageDeps
  smoke: SmokeStore
  alerts: Pick<Alerts, 'act'>
  candles: Pick<CandleStore, 'range'>
  dashboard: DashboardFiles
  alertStore: Pick<AlertStore, 'last' | 'list' | 'changedSince' | 'newestChange'>
  jobRuns: Pick<JobRunStore, 'last'>
  rehearsals: RehearsalStore
  reports: ReportStore
  optimizations: OptimizationStore
  drift: Pick<DriftStore, 'reference' | 'newestLook'>
  exchangeKeys: Pick<ExchangeKeyStore, 'list'>
  executor: ExecutorProbe
  storageHealth: () => Promise<StorageHealth>
  events: EventHub
  meters: Meters
}
