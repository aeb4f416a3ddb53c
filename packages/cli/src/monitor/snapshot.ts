import type { AlertView } from '@spark/contract/alerts'
import type { AuditItem } from '@spark/contract/audit'
import type { ExecutorHealth, Health } from '@spark/contract/health'
import type { AnswerOf } from '@spark/contract/routes'
import type { SloState } from '../watch/slo-limits.ts'

/** What was seen last, when, and why there is nothing newer. */
export interface Seen<Value> {
  value: Value | null
  atMs: number | null
  /** Null: the newest question was answered. */
  problem: string | null
}

export interface GateView {
  label: string
  value: number | null
  unit: string
  state: SloState
  /** `above`: bad is above the limits. */
  bad: 'above' | 'below'
  good: number
  critical: number
  /** How long it has been critical without a break, s. */
  inBreachS: number
  /** How long it must be critical until something is done, s. */
  holdS: number
}

export interface RolloutView {
  /** Phase, sub-state and step; `none` before the first rollout. */
  phase: string
  /** Exposure, good time, what the controller and people changed; a line each. */
  facts: readonly string[]
  /** Most important first. */
  waitsFor: readonly string[]
  gates: readonly GateView[]
}

/** Everything that spark monitor shows. */
export interface MonitorSnapshot {
  atMs: number
  api: Seen<Health>
  executor: Seen<ExecutorHealth>
  rollout: Seen<RolloutView>
  metrics: Seen<AnswerOf<'getMetrics'>>
  queue: Seen<AnswerOf<'queue'>>
  /** Orders by state. */
  orders: Seen<Record<string, number>>
  risk: Seen<AnswerOf<'risk'>>
  /** How many positions are open. */
  positions: Seen<number>
  /** Null in value.point: no point of the curve yet. */
  equity: Seen<{ point: AnswerOf<'equity'>['points'][number] | null }>
  strategies: Seen<{ total: number; running: number; exposed: number }>
  /** Those that are open, newest first. */
  alerts: Seen<readonly AlertView[]>
  /** What people and Spark did, newest first; scores and orders are left out. */
  actions: Seen<readonly AuditItem[]>
}
