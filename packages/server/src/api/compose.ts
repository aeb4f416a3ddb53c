import type { FastifyInstance } from 'fastify'
import { schemaHash } from '@spark/core/signal/feature-row'
import { installModels } from '../champion.ts'
import { openStorage, type ProcessParts } from '../open-storage.ts'
import { startReporting } from '../process-report.ts'
import { rolloutPartsOf } from '../rollout/rollout-parts.ts'
import { watchRollout, type RolloutWatch } from '../rollout/watch-rollout.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Randomness } from '../random.ts'
import { sha256 } from '../sha256.ts'
import { createAlertStore } from '../storage/alert-store.ts'
import { createExchangeKeyStore } from '../storage/exchange-key-store.ts'
import { createJobRunStore } from '../storage/job-run-store.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createLiveSettingStore, type LiveSettingStore } from '../storage/live-setting-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createTradingStores, type TradingStores } from '../storage/trading-stores.ts'
import { createSmokeStore } from '../storage/smoke-store.ts'
import { createAuthenticator, loadTokens } from '../tokens.ts'
import { buildApp } from './app.ts'
import { createEventHub } from './event-hub.ts'
import { createExecutorProbe } from './executor-probe.ts'
import { createMeters } from './meters.ts'
import { loadModelRegistry, type ModelRegistry } from './model-registry.ts'
import { createScoreService } from './score-service.ts'

export const API_PROCESS_NAME = 'api-1'

/** Opens storage, puts the API together, and registers what has to be stopped. The caller listens. */
export async function composeApi(parts: ProcessParts & { random: Randomness }): Promise<FastifyInstance> {
  const { config, clock, random, log, life } = parts
  const { buildSha, version, scoring, confidFloor } = config
  const schema = schemaHash(sha256)
  const authenticate = createAuthenticator(loadTokens(config.dataDir, random))
  const { database, audit, storageHealth, announceStart } = await openStorage(parts, { writer: API_PROCESS_NAME })
  const auditReader = openAuditReader({ dataDir: config.dataDir })
  life.onStop('audit reader', () => auditReader.close())

  const modelStore = createModelStore(database.db)
  const { derived } = await installModels(modelStore, config.weights, clock.nowMs())
  if (derived !== null)
    log.info({ model: derived }, 'ML_SIGNAL_WEIGHTS made a derived model; only a rollout can make it champion')
  const models = await loadModelRegistry(modelStore)
  const slices = createMetricSliceStore(database.db)
  const stores = createTradingStores(database.db)
  const settings = createLiveSettingStore(database.db)
  const rollout = await followRollout(parts, { stores, settings, models, schemaHash: schema })
  const events = createEventHub({ clock, log, auditReader, slices })
  const app = await buildApp({
    config,
    processName: API_PROCESS_NAME,
    schemaHash: schema,
    clock,
    random,
    log,
    authenticate,
    scores: createScoreService({ models, audit, clock, rollout: () => rollout.now(), ...config }),
    models,
    auditReader,
    slices,
    rollout,
    rolloutParts: rolloutPartsOf({ stores, config, clock, random }),
    settings,
    desk: { ...stores, queue: createDatabaseQueue({ db: database.db, clock, random }) },
    smoke: createSmokeStore(database.db),
    alerts: createAlertStore(database.db),
    jobRuns: createJobRunStore(database.db),
    exchangeKeys: createExchangeKeyStore(database.db),
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
  await announceStart({ champion: models.champion(), scoring, confidFloor })
  // Registered last, stopped first: the closing checkpoint signs the rows of the last answers too.
  life.onStop('http', async () => {
    events.close()
    await app.close()
  })
  return app
}

/** Obeys the rollout as others decide it, and tells what this process runs. */
async function followRollout(
  { config, clock, log, life }: ProcessParts,
  {
    stores,
    settings,
    models,
    schemaHash: schema,
  }: { stores: TradingStores; settings: LiveSettingStore; models: ModelRegistry; schemaHash: string },
): Promise<RolloutWatch> {
  const { buildSha, version } = config
  const rollout = await watchRollout({
    config,
    stores,
    settings,
    db: stores.db,
    clock,
    log,
    onLook: ({ modelVersion }) => (modelVersion === null ? Promise.resolve() : models.ensure(modelVersion)),
  })
  life.onStop('rollout watch', () => rollout.stop())
  const modelHash = () => {
    const { modelVersion } = rollout.now()
    return (modelVersion === null ? null : models.hashOf(modelVersion)) ?? models.champion().hash
  }
  const stopReporting = await startReporting({
    reports: createProcessReportStore(stores.db),
    clock,
    log,
    report: () => Promise.resolve({ process: API_PROCESS_NAME, buildSha, version, schemaHash: schema, modelHash: modelHash() }),
  })
  life.onStop('reports', stopReporting)
  return rollout
}
