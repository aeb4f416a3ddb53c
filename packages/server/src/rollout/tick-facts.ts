import type { TickFacts } from '@spark/core/rollout/outcome'
import { factText } from '@spark/core/rollout/reason'
import { PAUSING_LIMITS } from '@spark/core/trading/risk'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { effectiveSettings } from '../live-settings.ts'
import type { StrategyGroup } from '../storage/rollout-store.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import { parityProblem, REPORT_FRESH_MS, type ProcessReportStore } from '../storage/process-report-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { TradingStores } from '../storage/trading-stores.ts'

export interface TickFactsDeps {
  config: Pick<Config, 'scoring' | 'confidFloor' | 'pollIntervalMs' | 'venueName' | 'canary'>
  stores: Pick<TradingStores, 'risk' | 'venues' | 'rollouts' | 'labels'>
  settings: LiveSettingStore
  reports: ProcessReportStore
  /** Wall time: reports are told by it. */
  clock: Pick<Clock, 'nowMs'>
  topErrors(): TickFacts['topErrors']
}

/** What the controller knows beside the slices. `modelVersion`: of the rollout. */
export async function tickFacts(deps: TickFactsDeps, trx: Kysely<MainTables>, modelVersion: string): Promise<TickFacts> {
  const reports = await deps.reports.since(deps.clock.nowMs() - REPORT_FRESH_MS, trx)
  const groups = await deps.stores.rollouts.strategyGroups(trx, deps.config.canary)
  const nobodyAsks = standstill(groups)
  return {
    parity: parityProblem(reports),
    risk: await riskProblem(deps, trx, groups),
    verdict: await deps.stores.labels.verdict(modelVersion, trx),
    floor: effectiveSettings(deps.config, await deps.settings.list(trx)).confidFloor,
    topErrors: deps.topErrors(),
    ...(nobodyAsks !== null && { nobodyAsks }),
  }
}

async function riskProblem(
  { stores, config }: TickFactsDeps,
  trx: Kysely<MainTables>,
  groups: readonly StrategyGroup[],
): Promise<string | null> {
  const switches = await stores.risk.killSwitches(trx)
  if (switches.length > 0) return factText('kill_switch', { scopes: switches.map(({ scope }) => scope).join(', ') })
  const { halted, entriesStopped } = await stores.venues.standing(trx, config.venueName)
  if (halted !== null) return factText('venue_halted', { venue: config.venueName, words: halted })
  if (entriesStopped !== null) return factText('clock_stepped', { words: entriesStopped })
  const paused = groups.filter((group) => limitOf(group) !== null)
  const [first] = paused
  if (first === undefined) return null
  const limits = [...new Set(paused.map(limitOf))].join(' and ')
  return factText('auto_paused', { count: countOf(paused), limits, strategy: first.firstId })
}

/** Those who act on ML ask for scores, and while nobody does, those on the canary stream. Why none of them does, or null. */
function standstill(groups: readonly StrategyGroup[]): string | null {
  const exposed = groups.filter((group) => group.exposed)
  const asking = exposed.length > 0 ? exposed : groups.filter((group) => group.canary)
  if (asking.length === 0 || asking.some(({ status }) => status === 'running')) return null
  const states = [...Map.groupBy(asking, stateText)].map(([text, own]) => `${countOf(own)} ${text}`)
  return factText('nobody_asks', { words: states.join(', ') })
}

function stateText(group: StrategyGroup): string {
  return group.status === 'paused' ? `paused by ${limitOf(group) ?? 'a person'}` : group.status
}

/** The limit that paused them, in words, or null. */
function limitOf({ status, pauseReason }: StrategyGroup): string | null {
  return status === 'paused' && pauseReason !== null ? (PAUSING_LIMITS.get(pauseReason) ?? null) : null
}

const countOf = (groups: readonly StrategyGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0)
