import type { ErrorCode } from '@spark/contract/errors'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { ChannelConfig } from '../notify/channels.ts'
import type { ApplyDeps } from '../rollout/apply-settings.ts'
import type { RolloutNowParts } from '../rollout/rollout-now.ts'
import type { Who } from '../command-event.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { JobRunStore } from '../storage/job-run-store.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import type { TradingStores } from '../storage/trading-stores.ts'

export interface TriageDeps {
  config: Pick<Config, 'executorUrl' | 'dataDir' | 'canary'> & ChannelConfig & RolloutNowParts['config']
  clock: Clock
  /** Wall time of the world, which the database lives by. */
  realNowMs(): number
  apply: ApplyDeps
  stores: TradingStores
  auditReader: Pick<AuditReader, 'list' | 'exportRows'>
  jobRuns: Pick<JobRunStore, 'last'>
  slices: Pick<MetricSliceStore, 'read'>
  /** Opens the executor's log; null: there is none yet. */
  executorToken: string | null
}

/** What a move found or did. */
export interface Found {
  /** All is well, or it was done. */
  ok: boolean
  /** One sentence each, most important first. */
  findings: string[]
  /** Of what was changed. */
  before?: unknown
  after?: unknown
  /** The figures behind the sentences. */
  detail?: unknown
}

/** Why a move was not made; nothing was changed then. */
export interface NotMade {
  code: ErrorCode
  problem: string
}

export interface MoveRequest {
  /** What the move takes: see TRIAGE_MOVES. */
  value: string | null
  reason: string
  who: Who
}

export type Move = (deps: TriageDeps, request: MoveRequest) => Promise<Found | NotMade>
