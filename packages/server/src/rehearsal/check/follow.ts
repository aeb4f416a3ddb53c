import { GATE_NAMES, type GateName, type RolloutPlan } from '@spark/core/rollout/plan'
import type { Command, Decision, Effect, TickFacts, TickInput } from '@spark/core/rollout/outcome'
import type { Modifier, RolloutState } from '@spark/core/rollout/state'
import { Episode, type EpisodeEvent } from './episode.ts'
import { Evidence } from './evidence.ts'

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
  readonly episodes: Record<GateName, Episode>
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
  /** Counter-moves that are not taken back. */
  moves: Modifier[] = []
  stepBreaches = 0
  /** What the slots of the newest row brought, in their order. */
  events: { gate: GateName; kind: EpisodeEvent }[] = []
  #tickedMs: number

  constructor(plan: RolloutPlan, { ceiling, judgedToMs, tickedMs }: Pick<RolloutState, 'ceiling' | 'judgedToMs' | 'tickedMs'>) {
    this.plan = plan
    this.evidence = new Evidence(plan, judgedToMs, () => this.#slot())
    this.episodes = Object.fromEntries(
      GATE_NAMES.map((gate) => [gate, new Episode(plan, this.evidence, gate)]),
    ) as Follower['episodes']
    this.ceiling = ceiling
    this.#tickedMs = tickedMs
  }

  /** What the row brought, before its decision. */
  take({ slices, commands, facts, nowMs }: TickInput): void {
    this.events = []
    if (facts !== null) this.evidence.tick(nowMs, this.#tickedMs)
    for (const slice of slices) this.evidence.add(slice)
    if (facts !== null) {
      this.evidence.overdue(nowMs)
      this.#tickedMs = nowMs
    }
    for (const command of commands) this.#obey(command, nowMs)
  }

  openGates(): GateName[] {
    return GATE_NAMES.filter((gate) => this.episodes[gate].open)
  }

  /** The harshest that its breaches, blindness, and warnings ask for; null: nothing harsher than waiting. Before `settle`. */
  demanded(facts: TickFacts): { decision: Decision | null; cause: GateName | 'blind' | 'verdict' | null } {
    const { episodes, plan } = this
    if (facts.verdict === 'worse_than_baseline') return { decision: 'rollback', cause: 'verdict' }
    const back = (['staleness', 'error_rate', 'p95'] as const).find(
      (gate) => episodes[gate].critical && (gate !== 'p95' || this.acts),
    )
    if (back !== undefined) return { decision: 'rollback', cause: back }
    if (!this.previewOnly) {
      if (this.acts && this.evidence.blind * plan.sliceMs >= plan.blindMs) return { decision: 'preview_only', cause: 'blind' }
      const gate = (['dead_letters', 'confid_median', 'p95'] as const).find((one) => episodes[one].critical)
      if (gate !== undefined) return { decision: 'preview_only', cause: gate }
    }
    const isMoved = JSON.stringify(this.movedBy(facts.floor)) !== JSON.stringify(this.moves)
    return { decision: isMoved ? 'counter_move' : null, cause: null }
  }

  /** Counter-moves as they are after this row, if nothing harsher was decided. A warning whose end came with it asks for none. */
  movedBy(baseFloor: number): Modifier[] {
    let moves = this.moves.filter(({ gate }) => !this.episodes[gate].over)
    for (const [place, { gate, kind }] of this.events.entries()) {
      if (kind === 'cleared' || kind === 'warning_over') moves = moves.filter((one) => one.gate !== gate)
      if (kind !== 'warning_lasts' || !this.acts || !this.plan.floorOnWarning.includes(gate)) continue
      const rest = this.events.slice(place).filter((one) => one.gate === gate)
      if (rest.some((one) => one.kind === 'cleared' || one.kind === 'warning_over')) continue
      const floor = this.floor(baseFloor, moves)
      const amount = Math.min(this.plan.floorStep, this.plan.floorMax - floor)
      if (amount > 1e-9) moves = [...moves, { gate, kind: 'floor', amount }]
    }
    return moves
  }

  floor(base: number, moves: readonly Modifier[]): number {
    return moves.reduce((sum, { kind, amount }) => (kind === 'floor' ? sum + amount : sum), base)
  }

  /** What the decision made of it. */
  settle({ decision, effects, input }: Followed): void {
    if (decision === 'counter_move') this.moves = this.movedBy(input.facts?.floor ?? 0)
    if (decision === 'advance') return this.#advanced(effects)
    if (decision !== 'kill' && decision !== 'rollback' && decision !== 'preview_only') return
    const slower = input.facts !== null && decision === 'preview_only' && this.demanded(input.facts).cause === 'p95'
    this.acts = false
    this.approvedMs = null
    this.overridden = false
    this.promoted = false
    if (decision === 'preview_only') {
      this.previewOnly = true
      if (this.step > 0) this.good = 0
      if (slower && !this.moves.some(({ kind }) => kind === 'poll'))
        this.moves = [...this.moves, { gate: 'p95', kind: 'poll', amount: this.plan.pollFactor }]
    } else {
      this.ended = true
      this.paused = false
      this.moves = []
    }
  }

  #slot(): void {
    if (!this.previewOnly && !this.ended && this.evidence.isCovered() && this.evidence.isGood()) this.good += 1
    for (const gate of GATE_NAMES)
      for (const kind of this.episodes[gate].slot()) {
        this.events.push({ gate, kind })
        if (kind === 'opened') this.stepBreaches += 1
      }
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
}
