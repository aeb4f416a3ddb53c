import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { championOf } from '../champion.ts'
import type { Log } from '../log.ts'
import type { Alerts } from '../notify/alerts.ts'
import type { Queue } from '../queue/queue.ts'
import type { Randomness } from '../random.ts'
import { rolloutPlanOf } from '../rollout-plan.ts'
import { startRollout } from '../rollout/start-rollout.ts'
import type { RolloutWatch } from '../rollout/watch-rollout.ts'
import type { RolloutParts } from '../rollout/decide-rollout.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createModelStore, type ModelStore } from '../storage/model-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import { startController, type Controller } from './run-rollout.ts'
import { tickFacts } from './tick-facts.ts'
import { createErrorCounts } from './top-errors.ts'

export interface OpenController {
  watch: RolloutWatch
  errors: ReturnType<typeof createErrorCounts>
  /** Begins to decide; before it the rollout is only watched. Rejects with StorageError. */
  start(): Promise<Controller>
}

interface ControllerParts {
  config: Config
  stores: TradingStores
  settings: LiveSettingStore
  queue: Queue
  alerts: Alerts
  watch: RolloutWatch
  /** A decision is on disk: audit events may wait, and with a fence jobs. */
  committed(jobs: boolean): void
  clock: Clock
  random: Randomness
  log: Log
}

/** The controller with what it reads. */
export function openController(deps: ControllerParts): OpenController {
  const { config, stores, settings, queue, alerts, watch, clock, random, log } = deps
  const { db } = stores
  const reports = createProcessReportStore(db)
  const models = createModelStore(db)
  const errors = createErrorCounts(clock)
  const parts: RolloutParts = { stores, queue, alerts, clock }
  return {
    watch,
    errors,
    async start() {
      await startFirst(deps, parts, models, watch)
      return startController({
        parts,
        slices: createMetricSliceStore(db),
        facts: (trx) => tickFacts({ config, stores, settings, reports, clock, topErrors: () => errors.top() }, trx),
        clock,
        random,
        log,
        async onDecided({ rollout, epoch }) {
          deps.committed(epoch !== null)
          await watch.look(rollout)
        },
      })
    },
  }
}

/** A new installation begins in preview, which exposes nobody. Later ones are a person's wish. */
async function startFirst(
  { config, random, log }: ControllerParts,
  parts: RolloutParts,
  models: ModelStore,
  watch: RolloutWatch,
): Promise<void> {
  if ((await parts.stores.rollouts.newest()) !== null || config.scoring.mode === 'off') return
  const model = await championOf(models, null)
  if (model === null) return
  const { pollIntervalMs } = watch.now()
  const request = {
    plan: rolloutPlanOf(config.file),
    canary: config.canary,
    pollIntervalMs,
    model,
    ceiling: 0,
    reason: 'first start',
  }
  const answer = await startRollout(parts, request, { actor: 'executor', traceId: random.traceId() })
  if ('problems' in answer) log.warn({ problems: answer.problems }, 'no rollout begins; scores stay a preview')
  else log.info({ rollout: answer.started.id, durationHours: answer.durationMs / 3_600_000 }, 'rollout begins in preview')
  await watch.look()
}
