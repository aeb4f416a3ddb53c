import type { TickFacts } from '@spark/core/rollout/outcome'
import { factText } from '@spark/core/rollout/reason'
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
  stores: Pick<TradingStores, 'risk' | 'venues' | 'rollouts'>
  settings: LiveSettingStore
  reports: ProcessReportStore
  /** Wall time: reports are told by it. */
  clock: Pick<Clock, 'nowMs'>
  topErrors(): TickFacts['topErrors']
}

/** What the controller knows beside the slices. */
export async function tickFacts(deps: TickFactsDeps, trx: Kysely<MainTables>): Promise<TickFacts> {
  const reports = await deps.reports.since(deps.clock.nowMs() - REPORT_FRESH_MS, trx)
  return {
    parity: parityProblem(reports),
    risk: await riskProblem(deps, trx),
    // Labels come with the calibration; until then nothing is proven, and nothing is claimed.
    verdict: 'unproven',
    floor: effectiveSettings(deps.config, await deps.settings.list(trx)).confidFloor,
    topErrors: deps.topErrors(),
  }
}

async function riskProblem({ stores, config }: TickFactsDeps, trx: Kysely<MainTables>): Promise<string | null> {
  const switches = await stores.risk.killSwitches(trx)
  if (switches.length > 0) return factText('kill_switch', { scopes: switches.map(({ scope }) => scope).join(', ') })
  const halt = await stores.venues.halt(trx, config.venueName)
  if (halt !== null) return factText('venue_halted', { venue: config.venueName, words: halt })
  const doubt = await stores.venues.entriesStopped(trx, config.venueName)
  if (doubt !== null) return factText('clock_stepped', { words: doubt })
  const paused = await stores.rollouts.autoPaused(trx)
  return paused.length === 0 ? null : factText('auto_paused', { count: paused.length, strategy: paused[0] ?? '' })
}
