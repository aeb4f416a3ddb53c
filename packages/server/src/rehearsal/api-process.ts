import { loadModelRegistry } from '../api/model-registry.ts'
import { createScoreService, type ScoreService } from '../api/score-service.ts'
import { alertRulesOf } from '../notify/alert-rules.ts'
import { createAlerts } from '../notify/alerts.ts'
import { startReporting } from '../process-report.ts'
import { createDatabaseQueue } from '../queue/database-queue.ts'
import type { Queue } from '../queue/queue.ts'
import type { RolloutParts } from '../rollout/decide-rollout.ts'
import { watchRollout } from '../rollout/watch-rollout.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createTradingStores, type TradingStores } from '../storage/trading-stores.ts'
import { ROLLOUT_TABLES, newsOf, slower, whileNot } from './executor-process.ts'
import { Life } from './life.ts'
import { lookingClock } from './looking-clock.ts'
import { StorageFaults } from './storage-faults.ts'
import type { World } from './world.ts'

const PROCESS_NAME = 'api-1'

export interface ApiProcess {
  stores: TradingStores
  queue: Queue
  scores: ScoreService
  /** What people act with. */
  rollout: RolloutParts
}

/** The api without HTTP: scores, obeys the rollout, reports what it runs, and takes what people say. */
export async function startApi(world: World): Promise<ApiProcess> {
  const { config, main, log, faults } = world
  const { clock } = new Life(world.clock)
  const random = world.random.people
  const db = main.connect(null, new StorageFaults({ clock: world.clock, faults, isSlow: false }))
  const stores = createTradingStores(db)
  const models = await loadModelRegistry(createModelStore(db))
  const watch = await watchRollout({
    config,
    stores,
    settings: createLiveSettingStore(db),
    db,
    clock: lookingClock(clock, newsOf(main, ROLLOUT_TABLES)),
    log,
    onLook: ({ modelVersion }) => models.follow(modelVersion),
  })
  await startReporting({
    reports: createProcessReportStore(db),
    process: PROCESS_NAME,
    config: {
      version: config.version,
      get buildSha() {
        return faults.of('skewed_builds') === null ? config.buildSha : 'another'
      },
    },
    clock: whileNot(slower(clock), () => faults.of('api_away') !== null),
    log,
    modelHash: () => models.inUse(watch.now().modelVersion).hash,
    canary: null,
  })
  const queue = createDatabaseQueue({ db, clock, random })
  const alerts = createAlerts({ db, rules: alertRulesOf(config), clock, random })
  const scores = createScoreService({
    models,
    audit: world.audit.writer(PROCESS_NAME),
    clock,
    rollout: () => watch.now(),
    ...config,
  })
  return { stores, queue, scores, rollout: { stores, queue, alerts, clock } }
}
