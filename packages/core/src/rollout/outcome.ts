import type { AlertCode } from '../alert/alert-code.ts'
import type { GateName } from './plan.ts'
import type { SliceFacts } from './slice.ts'
import type { ModelVerdict, RolloutState } from './state.ts'

/** What the controller knows beside the slices. */
export interface TickFacts {
  /** In what the processes differ (build, schema, model), or null. */
  parity: string | null
  /** Which limit or switch is not free, or null. */
  risk: string | null
  verdict: ModelVerdict
  /** The confidence floor without the controller's own moves. */
  floor: number
  /** The most frequent errors of polls in the newest window, at most three. */
  topErrors: readonly { code: string; count: number }[]
  /** Why no score is due: whoever would ask for one stands still. Absent: somebody asks. */
  nobodyAsks?: string
  /** In what the stored plan is not the one that the rollout began with: nothing is judged by it. Absent: it is. */
  planChanged?: string
}

export interface TickInput {
  nowMs: number
  /** Sealed since the tick before, oldest first. */
  slices: readonly SliceFacts[]
  commands: readonly Command[]
  /** Null: a person acts by hand, nothing is judged. */
  facts: TickFacts | null
}

/** From harsh to mild: one a tick, the harshest that applies. */
export const DECISIONS = [
  'kill',
  'rollback',
  'preview_only',
  'counter_move',
  'hold',
  'pause',
  'await_approval',
  'advance',
  'soak',
] as const
export type Decision = (typeof DECISIONS)[number]

/** A move of the triage that the shell makes after the decision is on disk. */
export type TriageMove =
  | 'ping_executor'
  | 'check_jobs'
  | 'clock_drift'
  | 'signal_check'
  | 'top_errors'
  | 'propose_equal_weights'
  | 'calibration_marker'

/** What the shell does in the transaction that stores the state. */
export type Effect =
  /** These many of the ranked members act on ML from now on: the share's prefix. */
  | { kind: 'expose'; share: number }
  /** Epoch + 1 and exposure 0; orders that increase risk are cancelled, ML positions handed over or closed. */
  | { kind: 'fence'; mlOff: boolean; cancel: 'ml' | 'all'; positions: 'handover' | 'flatten' }
  | { kind: 'alert'; severity: 'red' | 'yellow'; code: AlertCode; scope: string; message: string }
  | { kind: 'resolve'; code: AlertCode; scope: string }
  | { kind: 'triage'; move: TriageMove; gate: GateName }

export interface Outcome {
  state: RolloutState
  decision: Decision
  /** Why, most important first; of a decision to wait: what it waits for. */
  reasons: string[]
  effects: Effect[]
}

type Said<Kind extends string, More = unknown> = Kind extends string ? { kind: Kind; by: string; reason: string } & More : never

/** What a person may ask. `by` is who. */
export type Command =
  | Said<'pause' | 'resume' | 'approve' | 'preview' | 'rollback' | 'kill' | 'unkill'>
  /** promote raises the ceiling and skips the dwell of this step; ceiling, of a deploy, raises or lowers it and the dwell counts. */
  | Said<'promote' | 'ceiling', { share: number }>
  | Said<'override', { second: string }>

/** A decision in the making: null while nothing harsher than waiting applies. */
export interface Making {
  state: RolloutState
  decision: Decision | null
  reasons: string[]
  effects: Effect[]
}
