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
  /** firing, acknowledged, snoozed or resolved. */
  state: string
  snoozed_until: number | null
  resolved_ts: number | null
  /** 0 while it came back so soon that nobody was told again. */
  told: number
  /** When to look at it again, ms. */
  look_ts: number | null
  escalations: number
  /** The person who acted last, and why; null: nobody did since it fires. */
  changed_by: string | null
  reason: string | null
  /** Place in the order of all changes of alerts. */
  change: number
}

/** Notices that go out as one message a channel. */
export interface AlertGroupRow {
  id: Generated<number>
  /** `told` or `escalated`: to which channels. */
  audience: string
  opened_at: number
  /** 1 once it is being sent: nothing joins it any more. */
  closed: number
}

export interface AlertNoticeRow {
  id: Generated<number>
  group_id: number
  alert_id: number
  /** raised, still, escalated or resolved. */
  kind: string
  ts: number
  severity: string
  code: string
  scope: string
  message: string
}

export interface JobRunRow {
  id: Generated<number>
  job: string
  started_at: number
  /** Null: it runs, or died with its process, which the next one to run jobs writes down. */
  ended_at: number | null
  /** `done` or `failed`. */
  outcome: string | null
  detail: string | null
  /** Null: its time had come. */
  asked_by: string | null
}

export interface RehearsalRow {
  id: string
  asked_by: string
  asked_at: number
  reason: string | null
  /** What was asked for, JSON. */
  ask: string
  /** waiting, running, done, failed or cancelled. */
  state: string
  /** Thousandths of the longest that it may take. */
  progress: number
  /** 1: somebody wants it ended. */
  cancel_asked: number
  ended_at: number | null
  /** 1: it was good, 0: it was not; null until it is done. */
  ok: number | null
  /** How it ended, or why it failed. */
  said: string | null
}

export interface OptimizationRow extends RehearsalRow {
  strategy_id: string
  /** Proposal, JSON; null until it is done. */
  proposal: string | null
}
