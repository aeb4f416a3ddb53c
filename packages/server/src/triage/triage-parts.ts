import { systemClock, type Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { ApplyDeps } from '../rollout/apply-settings.ts'
import { createJobRunStore } from '../storage/job-run-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import type { TriageDeps } from './triage-deps.ts'

/** What the moves work with, in any process that has the database. */
export function triageDepsOf(parts: {
  config: Config
  clock: Clock
  stores: TradingStores
  apply: ApplyDeps
  auditReader: TriageDeps['auditReader']
  executorToken: string | null
}): TriageDeps {
  const { db } = parts.stores
  return { ...parts, realNowMs: () => systemClock.nowMs(), jobRuns: createJobRunStore(db), slices: createMetricSliceStore(db) }
}
