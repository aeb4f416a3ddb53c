import { told } from '@spark/contract/told'
import { faultText, type Fault, type FaultKind } from '../fault.ts'
import type { Rehearsal } from '../rehearse.ts'

/** While these last, the controller is not there, or cannot write what it decides. */
const AWAY: ReadonlySet<FaultKind> = new Set(['freeze', 'controller_away', 'locked_database', 'full_disk'])
const STEPS: ReadonlySet<FaultKind> = new Set(['clock_forward', 'clock_back'])
/** Back again, it decides within two ticks, ms. */
const BACK_MS = 10_000

interface Span {
  fromMs: number
  toMs: number
}

/** For how long nobody can have decided, worked out from the faults and from the lives of the process. Times in ms since the rollout began. */
export class Absence {
  readonly #spans: readonly Span[]
  readonly #steps: readonly { atMs: number; byMs: number }[]

  constructor({ faults, timeline }: Pick<Rehearsal, 'faults' | 'timeline'>) {
    const spansOf = (kinds: ReadonlySet<FaultKind>) =>
      faults.filter(({ kind }) => kinds.has(kind)).map((fault) => ({ ...spanIn(timeline, fault), fault }))
    this.#spans = joined([...spansOf(AWAY), ...deathsIn(timeline)].map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + BACK_MS })))
    this.#steps = spansOf(STEPS).flatMap(({ fromMs, toMs, fault }) =>
      [fromMs, toMs].map((atMs) => ({ atMs, byMs: fault.strength * 1000 })),
    )
  }

  /** Of this time, ms. */
  within(fromMs: number, toMs: number): number {
    const away = this.#spans.map((span) => Math.max(0, Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs)))
    return away.reduce((sum, ms) => sum + ms, 0)
  }

  /** The same, with what the wall clock was moved by in this time, either way: that makes a slice older or younger than it is. */
  hindering(fromMs: number, toMs: number): number {
    const stepped = this.#steps.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    return stepped.reduce((sum, { byMs }) => sum + byMs, this.within(fromMs, toMs))
  }
}

/** When it was at work: a rehearsal that is over ends it early. */
function spanIn(timeline: Rehearsal['timeline'], fault: Fault): Span {
  const momentOf = (text: string) => timeline.find((entry) => entry.text === `${text}: ${faultText(fault)}`)?.sinceMs
  return { fromMs: momentOf('begins') ?? fault.atMs, toMs: momentOf('ends') ?? fault.atMs + fault.forMs }
}

/** From each death to the start after it. */
function deathsIn(timeline: Rehearsal['timeline']): Span[] {
  const [died, starts] = [told('executor_died'), told('executor_starts')]
  return timeline
    .filter(({ text }) => text === died)
    .map(({ sinceMs }) => ({
      fromMs: sinceMs,
      toMs: timeline.find((entry) => entry.text === starts && entry.sinceMs >= sinceMs)?.sinceMs ?? sinceMs,
    }))
}

/** None of them covers what another does. */
function joined(spans: readonly Span[]): Span[] {
  const sorted = spans.toSorted((a, b) => a.fromMs - b.fromMs)
  const apart: Span[] = []
  for (const span of sorted) {
    const last = apart.at(-1)
    if (last === undefined || span.fromMs > last.toMs) apart.push({ ...span })
    else last.toMs = Math.max(last.toMs, span.toMs)
  }
  return apart
}
