import { told } from '@spark/contract/told'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { createModelHashes } from '../champion.ts'
import type { Log } from '../log.ts'
import type { KnownAlerts } from '../notify/alerts.ts'
import { startReporting } from '../process-report.ts'
import type { Queue } from '../queue/queue.ts'
import type { Randomness } from '../random.ts'
import { startConfigured, type ConfiguredStartDeps } from '../rollout/start-configured.ts'
import { createRolloutCounts, type RolloutCounts } from '../rollout/rollout-counts.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import { watchRollout, type RolloutWatch } from '../rollout/watch-rollout.ts'
import type { RolloutParts } from '../rollout/decide-rollout.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import { auditOf } from '../storage/audit/audit-location.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { settingTexts } from '../live-settings.ts'
import { triageDepsOf } from '../triage/triage-parts.ts'
import { createTriageRunner } from './run-triage.ts'
import { startController, type Controller } from './run-rollout.ts'
import { tickFacts } from '../rollout/tick-facts.ts'
import { createErrorCounts } from './top-errors.ts'

export interface OpenController {
  watch: RolloutWatch
  errors: ReturnType<typeof createErrorCounts>
  /** What is now, and what was decided so far: for figures. */
  seen(): { now: RolloutNow; counts: RolloutCounts }
  /** Begins to decide; before it the rollout is only watched. */
  start(): Promise<Controller>
  /** Tells again and again what this process runs. Resolves with what ends that, and the watching. */
  report(): Promise<() => Promise<void>>
}

interface ControllerParts {
  config: Config
  processName: string
  executorToken: string
  stores: TradingStores
  onChange: MainDatabase['onChange']
  queue: Queue
  alerts: KnownAlerts
  clock: Clock
  random: Randomness
  log: Log
  /** Whether this process leads, in the caller's transaction. */
  leadsIn(trx: Kysely<MainTables>): Promise<boolean>
}

/** The controller with what it reads. Rejects with StorageError. */
export async function openController(deps: ControllerParts): Promise<OpenController> {
  const { config, stores, queue, alerts, clock, random, log } = deps
  const { db } = stores
  const parts: RolloutParts = { stores, queue, alerts, clock }
  const settings = createLiveSettingStore(db)
  const reports = createProcessReportStore(db)
  const models = createModelStore(db)
  const errors = createErrorCounts(clock)
  const counts = createRolloutCounts()
  const watch = await watchRollout({ config, stores, settings, db, clock, log, onChange: deps.onChange })
  return {
    watch,
    errors,
    seen: () => ({ now: watch.now(), counts }),
    async start() {
      const auditReader = openAuditReader(auditOf(config))
      const apply = { parts, settings, models, unapplied: settingTexts(config) }
      const { executorToken } = deps
      const triage = createTriageRunner({
        deps: triageDepsOf({ config, clock, stores, apply, auditReader, executorToken }),
        log,
        random,
      })
      await startFirst(deps, { parts, models, settings }, watch)
      const controller = startController({
        parts,
        slices: createMetricSliceStore(db),
        facts: (trx, model) => tickFacts({ config, stores, settings, reports, clock, topErrors: () => errors.top() }, trx, model),
        leadsIn: (trx) => deps.leadsIn(trx),
        clock,
        random,
        log,
        async onDecided(decided) {
          counts.add(decided)
          triage.run(decided.outcome.effects)
          await watch.look()
        },
      })
      return {
        ...controller,
        async stop() {
          await controller.stop()
          await triage.stop()
          await auditReader.close()
        },
      }
    },
    async report() {
      const modelHash = createModelHashes(models)
      const stopReporting = await startReporting({
        reports,
        process: deps.processName,
        config,
        clock,
        log,
        modelHash: () => modelHash(watch.now().modelVersion),
        canary: config.canary,
      })
      return async () => {
        await stopReporting()
        await watch.stop()
      }
    },
  }
}

/** A new installation begins in preview, which exposes nobody. Later ones are a person's wish. */
async function startFirst(
  { config, random, log }: ControllerParts,
  { parts, models, settings }: Omit<ConfiguredStartDeps, 'config'>,
  watch: RolloutWatch,
): Promise<void> {
  if ((await parts.stores.rollouts.newest()) !== null || watch.now().mode === 'off') return
  const who = { actor: 'executor', traceId: random.traceId() }
  const start = { ceiling: 0, model: null, reason: told('first_start') }
  const answer = await startConfigured({ parts, config, settings, models }, start, who)
  if ('problems' in answer) log.warn({ problems: answer.problems }, 'no rollout begins; scores stay a preview')
  else log.info({ rollout: answer.started.id, durationHours: answer.durationMs / 3_600_000 }, 'rollout begins in preview')
  await watch.look()
}
