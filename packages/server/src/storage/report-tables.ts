export interface ReportRow {
  /** Names its period, so that one period has one report. */
  id: string
  /** day, last or rollout. */
  kind: string
  from_ts: number
  to_ts: number
  asked_by: string
  asked_at: number
  /** waiting, done or failed. */
  state: string
  /** Why it failed. */
  said: string | null
  ended_at: number | null
  /** Report of core, JSON; null until it is done. */
  document: string | null
  /** Bytes and SHA-256 of its ZIP, JSON. */
  evidence: string | null
}

/** One person for each kind. */
export interface ReportSignatureRow {
  report_id: string
  /** reviewed or approved. */
  kind: string
  name: string
  signed_at: number
}
