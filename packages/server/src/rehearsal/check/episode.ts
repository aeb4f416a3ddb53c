import type { GateName, RolloutPlan } from '@spark/core/rollout/plan'
import { isBeyond, type Evidence } from './evidence.ts'

const BREACHED = 0.8
const CLEARED = 0.1

export type EpisodeEvent = 'opened' | 'critical' | 'cleared' | 'warning_lasts' | 'warning_over'

/** Breach and warning of one gate, followed slot by slot. Slots are counted, so that a clock that was set back changes nothing. */
export class Episode {
  readonly #plan: RolloutPlan
  readonly #evidence: Evidence
  readonly gate: GateName
  /** Number of its first critical slot; null: no breach is open. */
  #since: number | null = null
  /** Number of the slot at which a lasting warning was told last. */
  #warned: number | null = null
  /** The hold of the open breach is completed. */
  critical = false

  constructor(plan: RolloutPlan, evidence: Evidence, gate: GateName) {
    this.#plan = plan
    this.#evidence = evidence
    this.gate = gate
  }

  get open(): boolean {
    return this.#since !== null
  }

  /** Neither a breach nor a warning that was told. */
  get over(): boolean {
    return this.#since === null && this.#warned === null
  }

  /** What the newest slot makes of it. */
  slot(): EpisodeEvent[] {
    const now = this.#evidence.slots()
    const newest = this.#evidence.newest()?.[this.gate]
    return [...this.#breach(now, newest === 'critical'), ...this.#warning(now, isBeyond(newest))]
  }

  #breach(now: number, isCritical: boolean): EpisodeEvent[] {
    const events: EpisodeEvent[] = []
    if (isCritical && this.#since === null) {
      this.#since = now
      events.push('opened')
    }
    if (this.#since === null) return events
    if (!this.critical && (this.#evidence.isLoud(this.gate) || (isCritical && this.#isHeld(now - this.#since + 1)))) {
      this.critical = true
      events.push('critical')
    }
    if (!isCritical && this.#isClear(false)) {
      this.#since = null
      this.critical = false
      events.push('cleared')
    }
    return events
  }

  #warning(now: number, isWarning: boolean): EpisodeEvent[] {
    const { holdMs } = this.#plan.gates[this.gate]
    const halfMs = holdMs / 2
    const { whole, judged, warning, critical } = this.#evidence.stretch(this.gate, halfMs)
    const lasts = isWarning && whole && warning + critical >= BREACHED * judged
    if (lasts && (this.#warned === null || (now - this.#warned) * this.#plan.sliceMs >= halfMs)) {
      this.#warned = now
      return ['warning_lasts']
    }
    if (this.#warned === null || this.open || !this.#isClear(true)) return []
    this.#warned = null
    return ['warning_over']
  }

  #isHeld(slots: number): boolean {
    const { holdMs } = this.#plan.gates[this.gate]
    const { whole, judged, critical } = this.#evidence.stretch(this.gate, holdMs)
    return slots * this.#plan.sliceMs >= holdMs && whole && critical >= BREACHED * judged
  }

  #isClear(ofWarnings: boolean): boolean {
    const lengthMs = Math.max(this.#plan.gates[this.gate].holdMs / 2, this.#plan.clearMinMs)
    const { whole, judged, warning, critical } = this.#evidence.stretch(this.gate, lengthMs)
    return whole && critical + (ofWarnings ? warning : 0) <= CLEARED * judged
  }
}
