import { faultSpec, faultText, type Fault } from '../fault.ts'
import type { Rehearsal } from '../rehearse.ts'
import type { TimelineEntry } from '../timeline.ts'

/** The timeline in its order, up to the end: that the faults are taken away after it is no news. */
export function toldTimeline({ timeline, lastedMs }: Pick<Rehearsal, 'timeline' | 'lastedMs'>): TimelineEntry[] {
  return timeline
    .filter(({ kind, sinceMs }) => kind !== 'fault' || sinceMs <= lastedMs)
    .toSorted((one, other) => one.sinceMs - other.sinceMs)
}

/** Whether the rollout lived to see it. */
export function hasBegun({ lastedMs }: Pick<Rehearsal, 'lastedMs'>, { atMs }: Fault): boolean {
  return atMs <= lastedMs
}

/** The fault as a person reads it, and whether it came to it. */
export function toldFault(rehearsal: Pick<Rehearsal, 'lastedMs'>, fault: Fault): string {
  return `${faultText(fault)}${hasBegun(rehearsal, fault) ? '' : ' (did not begin: it was over before)'}`
}

/** When it ends at the latest, ms since the rollout began. */
export function endOfFault({ lastedMs }: Pick<Rehearsal, 'lastedMs'>, { kind, atMs, forMs }: Fault): number {
  return Math.min(atMs + (faultSpec(kind).lasts ? forMs : 0), lastedMs)
}
