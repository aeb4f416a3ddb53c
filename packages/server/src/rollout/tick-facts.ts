import type { TickFacts } from '@spark/core/rollout/outcome'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { effectiveSettings } from '../live-settings.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import { parityProblem, type ProcessReportStore } from '../storage/process-report-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { TradingStores } from '../storage/trading-stores.ts'

/** A process that has not reported for so long is not there. */
const REPORT_FRESH_MS = 15_000

export interface TickFactsDeps {
  config: Pick<Config, 'scoring' | 'confidFloor' | 'pollIntervalMs' | 'venueName'>
  stores: Pick<TradingStores, 'risk' | 'venues' | 'rollouts' | 'labels'>
  settings: LiveSettingStore
  reports: ProcessReportStore
  /** Wall time: reports are told by it. */
  clock: Pick<Clock, 'nowMs'>
  topErrors(): TickFacts['topErrors']
}

/** What the controller knows beside the slices. */
export async function tickFacts(deps: TickFactsDeps, trx: Kysely<MainTables>): Promise<TickFacts> {
  const reports = await deps.reports.since(deps.clock.nowMs() - REPORT_FRESH_MS, trx)
  const rollout = await deps.stores.rollouts.newest(trx)
  return {
    parity: parityProblem(reports),
    risk: await riskProblem(deps, trx),
    verdict: rollout === null ? 'unproven' : await deps.stores.labels.verdict(rollout.frozen.modelVersion, trx),
    floor: effectiveSettings(deps.config, await deps.settings.list(trx)).confidFloor,
    topErrors: deps.topErrors(),
  }
}

async function riskProblem({ stores, config }: TickFactsDeps, trx: Kysely<MainTables>): Promise<string | null> {
  const switches = await stores.risk.killSwitches(trx)
  if (switches.length > 0) return `kill switch ${switches.map(({ scope }) => scope).join(', ')}`
  const halt = await stores.venues.halt(trx, config.venueName)
  if (halt !== null) return `${config.venueName} is halted: ${halt}`
  const doubt = await stores.venues.entriesStopped(trx, config.venueName)
  if (doubt !== null) return `${doubt}, and the market's time does not agree yet`
  const paused = await stores.rollouts.autoPaused(trx)
  return paused.length === 0 ? null : `${paused.length} strategies are paused by a limit, ${paused[0] ?? ''} first`
}
