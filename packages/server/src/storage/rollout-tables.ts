export interface RolloutRow {
  id: string
  /** 1, 2, 3 … */
  ordinal: number
  /** RolloutPlan, with what else the digest covers. */
  frozen: string
  plan_digest: string
  /** RolloutState. */
  state: string
  phase: string
  started_at: number
  started_by: string
  changed_at: number
}

/** Strategies in the order they join, as they were when the rollout started. */
export interface RolloutMemberRow {
  rollout_id: string
  /** From 0. */
  rank: number
  strategy_id: string
  capital: string
  canary: number
}

/** A setting as it was applied last, by spark apply or a deploy. */
export interface LiveSettingRow {
  name: string
  value: string
  actor: string
  changed_at: number
}

/** What a process runs, told every few seconds. */
export interface ProcessReportRow {
  process: string
  pid: number
  build_sha: string
  version: string
  schema_hash: string
  model_hash: string
  reported_at: number
  canary: string | null
}
