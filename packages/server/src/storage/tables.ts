import type { LearnerRow, ModelTrainingRow } from './learner-tables.ts'
import type { ReportRow, ReportSignatureRow } from './report-tables.ts'
import type { ApiTokenRow, OverrideAskRow, SetupLinkRow, SignInTryRow, UserAccountRow, UserSessionRow } from './account-tables.ts'
import type { DriftLookRow, DriftReferenceRow } from './drift-tables.ts'
import type { LabelCounterRow, LabelRow, LabelStreamRow, ModelEvidenceRow, VerdictHistoryRow } from './label-tables.ts'
import type {
  AlertGroupRow,
  AlertNoticeRow,
  AlertRow,
  ExchangeKeyRow,
  InstallationRow,
  JobRunRow,
  OptimizationRow,
  RehearsalRow,
} from './operation-tables.ts'
import type { LiveSettingRow, ProcessReportRow, RolloutMemberRow, RolloutRow } from './rollout-tables.ts'
import type {
  AuditOutboxRow,
  EquityMarkRow,
  EquityPointRow,
  FillRow,
  KillSwitchRow,
  LeaseRow,
  OrderRow,
  PositionRow,
  ProfitRow,
  QueueJobRow,
  RolloutEpochRow,
  StrategyRow,
  VenueBalanceRow,
  VenueStateRow,
} from './trading-tables.ts'

/**
 * Rows as they stand in the database. Only types a second dialect has as well: booleans are 0 or 1, JSON is text,
 * times are integers in ms since 1970 UTC.
 */

/** `<dataDir>/spark.db`. */
export interface MainTables {
  candle: CandleRow
  candle_gap: CandleGapRow
  metric_slice: MetricSliceRow
  model: ModelRow
  model_alias: ModelAliasRow
  smoke_run: SmokeRunRow
  audit_checkpoint: AuditCheckpointRow
  storage_probe: StorageProbeRow
  strategy: StrategyRow
  position: PositionRow
  profit: ProfitRow
  rollout_epoch: RolloutEpochRow
  trade_order: OrderRow
  order_fill: FillRow
  audit_outbox: AuditOutboxRow
  venue_state: VenueStateRow
  venue_balance: VenueBalanceRow
  kill_switch: KillSwitchRow
  equity_point: EquityPointRow
  equity_mark: EquityMarkRow
  queue_job: QueueJobRow
  lease: LeaseRow
  installation: InstallationRow
  exchange_key: ExchangeKeyRow
  alert: AlertRow
  alert_group: AlertGroupRow
  alert_notice: AlertNoticeRow
  job_run: JobRunRow
  rehearsal: RehearsalRow
  optimization: OptimizationRow
  rollout: RolloutRow
  rollout_member: RolloutMemberRow
  live_setting: LiveSettingRow
  process_report: ProcessReportRow
  user_account: UserAccountRow
  setup_link: SetupLinkRow
  user_session: UserSessionRow
  api_token: ApiTokenRow
  sign_in_try: SignInTryRow
  request_count: RequestCountRow
  override_ask: OverrideAskRow
  label_stream: LabelStreamRow
  label: LabelRow
  label_counter: LabelCounterRow
  model_evidence: ModelEvidenceRow
  verdict_history: VerdictHistoryRow
  drift_reference: DriftReferenceRow
  drift_look: DriftLookRow
  learner: LearnerRow
  model_training: ModelTrainingRow
  report: ReportRow
  report_signature: ReportSignatureRow
}

export interface RequestCountRow {
  /** Since 1970. */
  minute: number
  process: string
  /** The first digits of a SHA-256. */
  whose: string
  requests: number
}

export interface CandleRow {
  symbol: string
  tf: string
  /** Open time. */
  ts: number
  o: number
  h: number
  l: number
  c: number
  v: number
  /** The close time the source gave, or null when it gave none. A short candle closes early. */
  close_ts: number | null
  /** Where the row came from: a feed's name, or `import`. */
  source: string
}

/** Candles the exchange itself does not have. */
export interface CandleGapRow {
  symbol: string
  tf: string
  first_missing_ts: number
  /** How many candles in a row are missing. */
  missing: number
  recorded_at: number
}

export interface MetricSliceRow {
  /** Length of the slice in seconds: 30, 300 or 3600. */
  step_s: number
  slice_ts: number
  source: string
  metric: string
  body: string
}

export interface ModelRow {
  version: string
  document: string
  hash: string
  created_at: number
}

export interface ModelAliasRow {
  alias: string
  version: string
  changed_at: number
}

export interface SmokeRunRow {
  ts: number
  ok: number
  checks: string
  version: string
  build_sha: string
}

export interface AuditCheckpointRow {
  ts: number
  /** The exact text that was signed. */
  document: string
  /** Ed25519, base64. */
  signature: string
}

/** `<dataDir>/audit/<writer>.db`: one file a writer, so that writers never wait for each other. */
export interface AuditTables {
  audit_segment: AuditSegmentRow
  storage_probe: StorageProbeRow
}

/** One group commit. The long columns stand last, so that a scan of the others never reads their pages. */
export interface AuditSegmentRow {
  writer: string
  first_seq: number
  last_seq: number
  /** Smallest and largest time of the lines. */
  first_ts: number
  last_ts: number
  /** Chain hash of the line before `first_seq`. */
  prev_hash: string
  /** Chain hash of each line, joined by newlines. */
  hashes: string
  /** The lines, joined by newlines. */
  body: string
}

/** One row that health changes to know that a commit succeeds. */
export interface StorageProbeRow {
  id: number
  counter: number
}

/** `<dataDir>/audit-index.db`: built behind the audit, may be deleted and rebuilt. */
export interface AuditIndexTables {
  audit_entry: AuditEntryRow
  audit_watermark: AuditWatermarkRow
}

export interface AuditEntryRow {
  ts: number
  writer: string
  seq: number
  /** The segment the line is in. */
  first_seq: number
  action: string
  /** 1 when the action is left out of a list that does not ask for it. */
  hidden: number
  strategy_id: string | null
  trace_id: string | null
}

/** Every line of `writer` up to and including `seq` is in audit_entry. */
export interface AuditWatermarkRow {
  writer: string
  seq: number
}
