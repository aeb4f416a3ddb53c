import type { Generated } from 'kysely'

export interface InstallationRow {
  name: string
  value: string
  set_at: number
}

export interface ExchangeKeyRow {
  /** As venueName gives it. */
  venue: string
  /** The last characters of the API key. */
  hint: string
  /** AES-256-GCM, base64: secret-box.ts. */
  sealed: string
  created_at: number
}

/** One alert, however often it was raised in a row. */
export interface AlertRow {
  id: Generated<number>
  ts: number
  severity: string
  code: string
  scope: string
  message: string
  count: number
  last_ts: number
}

export interface JobRunRow {
  id: Generated<number>
  job: string
  started_at: number
  /** Null: it runs, or died with its process. */
  ended_at: number | null
  /** `done` or `failed`. */
  outcome: string | null
  detail: string | null
}
