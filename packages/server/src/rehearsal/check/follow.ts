import type { RolloutState } from '@spark/core/rollout/state'
import { GATE_NAMES, type GateName, type RolloutPlan } from '@spark/core/rollout/plan'
import type { Command, Decision, Effect, TickInput } from '@spark/core/rollout/outcome'
import type { SliceFacts } from '@spark/core/rollout/slice'
import { Evidence } from './evidence.ts'

/** Of a hold, those slices that must be judged; of these, those that must be critical, and may be when it is over. */
const COVERED = 0.8
const BREACHED = 0.8
const CLEARED = 0.1

export interface Followed {
  input: TickInput
  decision: Decision
  reasons: readonly string[]
  effects: readonly Effect[]
}

/** A rollout followed from its rows alone: what it must have known at each of them. */
export class Follower {
  readonly plan: RolloutPlan
  readonly evidence: Evidence
  step = 0
  /** Strategies act on ML. */
  acts = false
  ended = false
  previewOnly = false
  /** The first share has begun once. */
  wasLive = false
  /** Good, covered slices of this step. */
  good = 0
  ceiling: number
  approvedMs: number | null = null
  promoted = false
  overridden = false
  paused = false
  /** Gates with a counter-move that is not taken back. */
  readonly moved = new Set<string>()
  /** Gates in a breach, and how many breaches began in this step. */
  readonly open = new Set<GateName>()
  /** Gates whose breach completed its hold. */
  readonly breached = new Set<GateName>()
  stepBreaches = 0

  constructor(plan: RolloutPlan, { ceiling, judgedToMs }: Pick<RolloutState, 'ceiling' | 'judgedToMs'>) {
    this.plan = plan
    this.evidence = new Evidence(plan, judgedToMs)
    this.ceiling = ceiling
  }

  /** What the row brought, before its decision. */
  take({ slices, commands, facts, nowMs }: TickInput): void {
    for (const slice of slices) this.#see(slice)
    if (facts !== null) this.evidence.missUntil(nowMs)
    for (const command of commands) this.#obey(command, nowMs)
  }

  /** What the decision made of it. */
  settle({ decision, effects, reasons }: Followed): void {
    this.#moves(reasons)
    if (decision === 'advance') return this.#advanced(effects)
    if (decision !== 'kill' && decision !== 'rollback' && decision !== 'preview_only') return
    this.acts = false
    this.approvedMs = null
    this.overridden = false
    this.promoted = false
    if (decision === 'preview_only') {
      this.previewOnly = true
      if (this.step > 0) this.good = 0
      if (reasons.some((reason) => reason.startsWith('p95'))) this.moved.add('p95')
    } else {
      this.ended = true
      this.paused = false
      this.moved.clear()
    }
  }

  #see(slice: SliceFacts): void {
    const { evidence, plan } = this
    evidence.add(slice)
    if (!this.previewOnly && !this.ended && evidence.isCovered() && evidence.isGood()) this.good += 1
    for (const gate of GATE_NAMES) {
      if (evidence.among(gate, plan.sliceMs).newestIsCritical) {
        if (!this.open.has(gate)) this.stepBreaches += 1
        this.open.add(gate)
        const { slots, judged, critical } = evidence.among(gate, plan.gates[gate].holdMs)
        if (judged >= COVERED * slots && critical >= BREACHED * judged) this.breached.add(gate)
      } else if (this.#isClear(gate)) {
        this.open.delete(gate)
        this.breached.delete(gate)
      }
    }
  }

  #isClear(gate: GateName): boolean {
    const { slots, present, judged, critical } = this.evidence.among(
      gate,
      Math.max(this.plan.gates[gate].holdMs / 2, this.plan.clearMinMs),
    )
    return present === slots && judged > 0 && critical <= CLEARED * judged
  }

  #obey(command: Command, nowMs: number): void {
    if (command.kind === 'ceiling') this.ceiling = command.share
    if (command.kind === 'approve') this.approvedMs = nowMs
    if (command.kind === 'override') this.overridden = true
    if (command.kind === 'pause') this.paused = true
    if (command.kind === 'resume') this.paused = false
    if (command.kind !== 'promote') return
    this.promoted = true
    this.ceiling = Math.max(this.ceiling, command.share)
  }

  #advanced(effects: readonly Effect[]): void {
    const expose = effects.find((effect) => effect.kind === 'expose')
    this.approvedMs = null
    this.overridden = false
    this.promoted = false
    if (expose === undefined) {
      this.step = this.plan.steps.length
      return
    }
    this.step = this.plan.steps.findIndex(({ share }) => share === expose.share)
    this.acts = expose.share > 0
    this.wasLive ||= this.acts
    this.previewOnly = false
    if (this.step > 0) this.good = 0
    this.stepBreaches = 0
  }

  /** The only sign of a counter-move in the audit is what was said of it. */
  #moves(reasons: readonly string[]): void {
    for (const reason of reasons) {
      const raised = /^the warning of (\w+) lasts: confidence floor/.exec(reason)?.[1]
      const back = /^(\w+) is clear: its counter-moves are taken back/.exec(reason)?.[1]
      if (raised !== undefined) this.moved.add(raised)
      if (back !== undefined) this.moved.delete(back)
    }
  }
}
