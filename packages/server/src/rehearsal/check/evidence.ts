import { GATE_NAMES, type GateName, type RolloutPlan } from '@spark/core/rollout/plan'
import type { SliceFacts } from '@spark/core/rollout/slice'
import { judgedAgain, type Seen } from './judge-slice.ts'

/** Of the window and of a hold, at least this share must be judged. */
const COVERED = 0.8

interface Slot {
  endMs: number
  /** Null: the slice never came. */
  seen: Record<GateName, Seen> | null
  /** Nothing was missing in the window up to here. */
  covered: boolean
}

/** The slices as the controller got them, one after the other, with the holes between them. */
export class Evidence {
  readonly #plan: RolloutPlan
  /** Before it nothing is judged, ms. */
  readonly #fromMs: number
  readonly #slots: Slot[] = []
  #recent: SliceFacts[] = []

  constructor(plan: RolloutPlan, fromMs: number) {
    this.#plan = plan
    this.#fromMs = fromMs
  }

  add(slice: SliceFacts): void {
    const { sliceMs, windowSlices } = this.#plan
    const lastEndMs = this.lastEndMs()
    if (slice.ts < lastEndMs) this.#recent = []
    else for (let holeMs = lastEndMs + sliceMs; holeMs <= slice.ts; holeMs += sliceMs) this.#push(holeMs, null)
    const endMs = slice.ts + sliceMs
    this.#recent = [...this.#recent, slice].filter(({ ts }) => ts >= endMs - windowSlices * sliceMs)
    this.#push(endMs, judgedAgain(this.#plan, this.#recent))
  }

  /** What had not come by then. */
  missUntil(nowMs: number): void {
    const { sliceMs, sliceOverdueMs } = this.#plan
    for (let endMs = this.lastEndMs() + sliceMs; endMs <= nowMs - sliceOverdueMs; endMs += sliceMs) this.#push(endMs, null)
  }

  /** End of the newest slot, ms. */
  lastEndMs(): number {
    return this.#slots.at(-1)?.endMs ?? this.#fromMs
  }

  /** How many of the newest slots in a row are not covered. */
  uncovered(): number {
    return this.#slots.length - 1 - this.#slots.findLastIndex(({ covered }) => covered)
  }

  /** Slots since the newest with a warning or worse at any gate. */
  calm(): number {
    const at = this.#slots.findLastIndex(({ seen }) => seen !== null && GATE_NAMES.some((gate) => isBeyond(seen[gate])))
    return this.#slots.length - 1 - at
  }

  isCovered(): boolean {
    return this.#slots.at(-1)?.covered === true
  }

  isGood(): boolean {
    const seen = this.#slots.at(-1)?.seen ?? null
    return seen !== null && everyGate(seen, 'good')
  }

  /** Of the newest slots of this length: how many there are, are judged, are critical. */
  among(
    gate: GateName,
    lengthMs: number,
  ): { slots: number; present: number; judged: number; critical: number; newestIsCritical: boolean } {
    const slots = Math.max(1, Math.round(lengthMs / this.#plan.sliceMs))
    const newest = this.#slots.slice(-slots).map(({ seen }) => seen?.[gate] ?? 'nothing')
    return {
      slots,
      present: newest.length,
      judged: newest.filter((one) => one === 'good' || isBeyond(one)).length,
      critical: newest.filter((one) => one === 'critical').length,
      newestIsCritical: newest.at(-1) === 'critical',
    }
  }

  #push(endMs: number, seen: Slot['seen']): void {
    const slot: Slot = { endMs, seen, covered: false }
    this.#slots.push(slot)
    const window = this.#slots.slice(-this.#plan.windowSlices)
    slot.covered = window.length === this.#plan.windowSlices && GATE_NAMES.every((gate) => isCoveredAt(window, gate))
  }
}

function isCoveredAt(window: readonly Slot[], gate: GateName): boolean {
  const seen = window.map((slot) => slot.seen?.[gate] ?? 'nothing')
  const due = seen.filter((one) => one !== 'excluded').length
  const judged = seen.filter((one) => one === 'good' || isBeyond(one)).length
  return judged > 0 && judged >= COVERED * due
}

const isBeyond = (seen: Seen): boolean => seen === 'warning' || seen === 'critical'
const everyGate = (seen: Record<GateName, Seen>, wanted: Seen): boolean => GATE_NAMES.every((gate) => seen[gate] === wanted)
