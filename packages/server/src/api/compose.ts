import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { schemaHash } from '@spark/core/signal/feature-row'
import { createCallers } from '../accounts/callers.ts'
import { createPasswords } from '../accounts/password.ts'
import { createSignInLimits } from '../accounts/sign-in-limits.ts'
import { firstAdministrator } from '../accounts/users.ts'
import { installModels } from '../champion.ts'
import { isLoopback } from '../host-check.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { createAlerts, type Alerts } from '../notify/alerts.ts'
import { watchLeader } from '../notify/no-leader.ts'
import { openStorage, type ProcessParts } from '../open-storage.ts'
import { startReporting } from '../process-report.ts'
import { settingTexts } from '../live-settings.ts'
import { applyDepsOf } from '../rollout/rollout-parts.ts'
import { createRolloutViews } from '../rollout/rollout-view.ts'
import { watchRollout, type RolloutWatch } from '../rollout/watch-rollout.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Invitation } from '@spark/contract/accounts'
import type { Randomness } from '../random.ts'
import { sha256 } from '../sha256.ts'
import { ROOT_DIR } from '../config.ts'
import { openDashboardFiles } from '../dashboard/dashboard-files.ts'
import { createAlertStore } from '../storage/alert-store.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createExchangeKeyStore } from '../storage/exchange-key-store.ts'
import { createJobRunStore } from '../storage/job-run-store.ts'
import { appendInTime } from '../storage/audit/append-in-time.ts'
import { auditOf } from '../storage/audit/audit-location.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { createLeaseStore } from '../storage/lease-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import { isPostgresUrl } from '../storage/postgres-url.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import type { MainTables } from '../storage/tables.ts'
import { createTradingStores, type TradingStores } from '../storage/trading-stores.ts'
import { createReportStore } from '../storage/report-store.ts'
import { createRequestCountStore } from '../storage/request-count-store.ts'
import { createDriftStore } from '../storage/drift-store.ts'
import { createOptimizationStore } from '../storage/optimization-store.ts'
import { createRehearsalStore } from '../storage/rehearsal-store.ts'
import { createSmokeStore } from '../storage/smoke-store.ts'
import { triageDepsOf } from '../triage/triage-parts.ts'
import { createAuthenticator, loadTokens } from '../tokens.ts'
import { buildApp } from './app.ts'
import { createEventHub } from './event-hub.ts'
import { createExecutorProbe } from './executor-probe.ts'
import { createMeters } from './meters.ts'
import { loadModelRegistry, type ModelRegistry } from './model-registry.ts'
import { createRequestCounts } from './request-counts.ts'
import { createScoreService } from './score-service.ts'
import { watchStreams } from './watch-streams.ts'

type ApiParts = ProcessParts & {
  random: Randomness
  /** Its name in the audit and in reports: `api-1`, `a.api-2` … */
  processName: string
}

export interface ComposedApi {
  app: FastifyInstance
  endStreams: () => void
  stopReporting: () => Promise<void>
  /** Of the first administrator, at the first start. */
  invitation: Invitation | null
}

/** Opens storage, puts the API together, and registers what has to be stopped. The caller listens. */
export async function composeApi(parts: ApiParts): Promise<ComposedApi> {
  const { config, clock, random, log, life, processName } = parts
  const { buildSha, version, scoring, confidFloor } = config
  const tokens = loadTokens(config.dataDir, random)
  const { database, audit, storageHealth, announceStart } = await openStorage(parts, { writer: processName })
  const auditReader = openAuditReader(auditOf(config))
  life.onStop('audit reader', () => auditReader.close())

  const modelStore = createModelStore(database.db)
  const { derived } = await installModels(modelStore, config.weights, clock.nowMs())
  if (derived !== null)
    log.info({ model: derived }, 'ML_SIGNAL_WEIGHTS made a derived model; only a rollout can make it champion')
  const models = await loadModelRegistry(modelStore)
  const slices = createMetricSliceStore(database.db)
  const stores = createTradingStores(database.db)
  const apply = applyDepsOf({ stores, config, clock, random }, settingTexts(config))
  const { settings } = apply
  const { rollout, stopReporting } = await followRollout(parts, { stores, settings, models, database })
  const alertStore = createAlertStore(database.db)
  const rolloutViews = createRolloutViews({ config, stores, settings, reports: createProcessReportStore(database.db), clock })
  const { callers, requests, accounts, streams } = composeAccounts(parts, database.db)
  const auditOfScores = isPostgresUrl(config.databasePath) ? appendInTime(audit, clock) : audit
  const events = createEventHub({ clock, log, auditReader, slices, alerts: alertStore, rollout, rolloutViews })
  const app = await buildApp({
    config,
    processName,
    schemaHash: schemaHash(sha256),
    clock,
    random,
    log,
    authenticate: createAuthenticator(tokens),
    callers,
    requests,
    accounts,
    streams,
    scores: createScoreService({ ...config, models, audit: auditOfScores, clock, rollout: () => rollout.now() }),
    models,
    auditReader,
    slices,
    rollout,
    rolloutParts: apply.parts,
    rolloutViews,
    start: { ...apply, config },
    apply,
    triage: triageDepsOf({ config, clock, stores, apply, auditReader, executorToken: tokens.executor }),
    desk: { ...stores, queue: createDatabaseQueue({ db: database.db, clock, random }) },
    smoke: createSmokeStore(database.db),
    alerts: openAlerts(parts, database.db),
    alertStore,
    candles: createCandleStore(database.db),
    dashboard: openDashboardFiles(ROOT_DIR),
    ...storesOf(database.db),
    executor: createExecutorProbe(config.executorUrl, clock),
    storageHealth,
    events,
    meters: createMeters({
      buildSha,
      version,
      audit: () => ({ queuedRows: audit.stats().waitingRows, indexLagRows: audit.stats().indexLagRows }),
      eventStreams: () => events.size(),
    }),
  })
  const invitation = await firstAdministrator(accounts, { actor: processName, traceId: random.traceId() })
  await announceStart({ champion: models.champion(), scoring, confidFloor })
  // Registered last, stopped first: the closing checkpoint signs the rows of the last answers too.
  life.onStop('http', async () => {
    events.close()
    await app.close()
  })
  return { app, endStreams: () => events.close(), stopReporting, invitation }
}

/** Where executors are a group, an api says when none of them leads. */
function openAlerts({ config, clock, random, log, life }: ApiParts, db: Kysely<MainTables>): Alerts {
  const alerts = createAlerts({ db, rules: alertRulesOf(config), clock, random })
  if (isPostgresUrl(config.databasePath)) {
    const leader = watchLeader({ db, leases: createLeaseStore(), alerts, clock, log })
    life.onStop('leader watch', () => leader.stop())
  }
  return alerts
}

function composeAccounts({ clock, random, log, life, processName }: ApiParts, db: Kysely<MainTables>) {
  const callers = createCallers({ db, clock, log })
  const streams = watchStreams({ callers, clock, log })
  life.onStop('stream watch', () => streams.stop())
  const requests = createRequestCounts({ clock, log, store: createRequestCountStore(db), process: processName })
  life.onStop('request counts', () => requests.stop())
  const limits = createSignInLimits({ db, clock, isOwn: isLoopback })
  return { callers, requests, streams, accounts: { db, clock, random, passwords: createPasswords(random), limits } }
}

/** Obeys the rollout as others decide it, and tells what this process runs. */
async function followRollout(
  { config, clock, log, life, processName }: ApiParts,
  {
    stores,
    settings,
    models,
    database,
  }: { stores: TradingStores; settings: LiveSettingStore; models: ModelRegistry; database: MainDatabase },
): Promise<{ rollout: RolloutWatch; stopReporting: () => Promise<void> }> {
  const rollout = await watchRollout({
    config,
    stores,
    settings,
    db: stores.db,
    clock,
    log,
    onLook: ({ modelVersion }) => models.follow(modelVersion),
    onChange: (listener) => database.onChange(listener),
  })
  life.onStop('rollout watch', () => rollout.stop())
  const stopReporting = await startReporting({
    reports: createProcessReportStore(stores.db),
    process: processName,
    config,
    clock,
    log,
    modelHash: () => models.inUse(rollout.now().modelVersion).hash,
    canary: null,
  })
  life.onStop('reports', stopReporting)
  return { rollout, stopReporting }
}

/** What is only read, or asked for, by routes. */
function storesOf(db: Kysely<MainTables>) {
  return {
    jobRuns: createJobRunStore(db),
    rehearsals: createRehearsalStore(db),
    optimizations: createOptimizationStore(db),
    drift: createDriftStore(db),
    reports: createReportStore(db),
    exchangeKeys: createExchangeKeyStore(db),
  }
}
