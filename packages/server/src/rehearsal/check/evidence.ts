import { GATE_NAMES, type GateName, type RolloutPlan } from '@spark/core/rollout/plan'
import type { SliceFacts } from '@spark/core/rollout/slice'
import { judgedAgain, loudnessOf, type Loudness, type Seen } from './judge-slice.ts'

/** Of the window and of a hold, at least this share must be judged. */
const COVERED = 0.8

interface Slot {
  /** Null: the slice never came. */
  seen: Record<GateName, Seen> | null
  loud: Loudness | null
  /** Enough of the window up to here is judged. */
  covered: boolean
}

/** Of the newest slots at one gate: how many there should be, were due, are judged, and are of a kind. */
export interface Stretch {
  whole: boolean
  judged: number
  warning: number
  critical: number
}

/** The slices as the controller got them, one after the other, with the holes between them. */
export class Evidence {
  readonly #plan: RolloutPlan
  readonly #onSlot: () => void
  readonly #slots: Slot[] = []
  #recent: SliceFacts[] = []
  #lastEndMs: number
  /** Holes that end in it are the controller's own absence. */
  #down = { fromMs: 0, toMs: 0 }
  /** Slots in a row that are not covered, and not for the controller's own absence. */
  blind = 0

  /** `fromMs`: before it nothing is judged. `onSlot` is called after each one. */
  constructor(plan: RolloutPlan, fromMs: number, onSlot: () => void) {
    this.#plan = plan
    this.#lastEndMs = fromMs
    this.#onSlot = onSlot
  }

  /** A tick begins; the one before was then. A clock that was set back judges again what comes again. */
  tick(nowMs: number, beforeMs: number): void {
    const { sliceMs, leaseMs } = this.#plan
    if (nowMs < this.#lastEndMs - sliceMs) {
      this.#lastEndMs = Math.floor(nowMs / sliceMs) * sliceMs - sliceMs
      this.#recent = []
    }
    this.#down = nowMs - beforeMs > leaseMs ? { fromMs: beforeMs - sliceMs, toMs: nowMs } : { fromMs: 0, toMs: 0 }
  }

  add(slice: SliceFacts): void {
    const { sliceMs, windowSlices } = this.#plan
    // What comes late is judged by nobody.
    if (slice.ts < this.#lastEndMs) return
    this.#missUntil(slice.ts)
    const endMs = slice.ts + sliceMs
    this.#recent = [...this.#recent, slice].filter(({ ts }) => ts >= endMs - windowSlices * sliceMs)
    this.#push(endMs, judgedAgain(this.#plan, this.#recent), loudnessOf(this.#plan, this.#recent))
  }

  /** What had not come by then. */
  overdue(nowMs: number): void {
    this.#missUntil(nowMs - this.#plan.sliceOverdueMs)
  }

  /** End of the newest slot, ms. */
  lastEndMs(): number {
    return this.#lastEndMs
  }

  slots(): number {
    return this.#slots.length
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
    const seen = this.newest()
    return seen !== null && GATE_NAMES.every((gate) => seen[gate] === 'good')
  }

  newest(): Record<GateName, Seen> | null {
    return this.#slots.at(-1)?.seen ?? null
  }

  /** The newest slots of this length; not whole: too few are there, or are judged. */
  stretch(gate: GateName, lengthMs: number): Stretch {
    const slots = Math.max(1, Math.round(lengthMs / this.#plan.sliceMs))
    const newest = this.#slots.slice(-slots).map(({ seen }) => seen?.[gate] ?? 'nothing')
    const count = (wanted: Seen) => newest.filter((one) => one === wanted).length
    const [warning, critical] = [count('warning'), count('critical')]
    const judged = count('good') + warning + critical
    const whole = newest.length === slots && judged > 0 && judged >= COVERED * (slots - count('excluded'))
    return { whole, judged, warning, critical }
  }

  /** Two windows that do not overlap are far beyond the limit, with enough bad events in both together. */
  isLoud(gate: GateName): boolean {
    if (gate !== 'p95' && gate !== 'staleness' && gate !== 'error_rate') return false
    const { windowSlices, fastEvents } = this.#plan
    const of = (slot: Slot | undefined) => slot?.loud?.[gate] ?? { beyond: false, bad: 0 }
    const bad = this.#slots.slice(-2 * windowSlices).reduce((sum, slot) => sum + of(slot).bad, 0)
    return of(this.#slots.at(-1)).beyond && of(this.#slots.at(-1 - windowSlices)).beyond && bad >= fastEvents
  }

  #missUntil(untilMs: number): void {
    const { sliceMs } = this.#plan
    for (let endMs = this.#lastEndMs + sliceMs; endMs <= untilMs; endMs += sliceMs) this.#push(endMs, null, null)
  }

  #push(endMs: number, seen: Slot['seen'], loud: Slot['loud']): void {
    const slot: Slot = { seen, loud, covered: false }
    this.#lastEndMs = endMs
    this.#slots.push(slot)
    const { windowSlices, sliceMs } = this.#plan
    slot.covered = GATE_NAMES.every((gate) => this.stretch(gate, windowSlices * sliceMs).whole)
    const isDown = seen === null && endMs > this.#down.fromMs && endMs <= this.#down.toMs
    if (slot.covered) this.blind = 0
    else if (!isDown) this.blind += 1
    this.#onSlot()
  }
}

export const isBeyond = (seen: Seen | undefined): boolean => seen === 'warning' || seen === 'critical'
