import type { RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { exposureSeries, gateSeries } from './series.ts'
import { stretches } from './steps.ts'

/** The whole report for other programs; times in ms since the rollout began. */
export function reportJson(rehearsal: Rehearsal, outcome: RehearsalOutcome, market: string): string {
  const { seed, plan, faults, phase, lastedMs, startedMs, timeline, members, counts, digest } = rehearsal
  return JSON.stringify(
    {
      seed,
      market,
      startedMs,
      plan,
      strategies: members.length,
      faults,
      phase,
      lastedMs,
      ...outcome,
      steps: stretches(rehearsal),
      timeline,
      exposed: exposureSeries(rehearsal),
      gates: gateSeries(rehearsal),
      auditRows: Object.fromEntries(counts),
      digest,
    },
    null,
    2,
  )
}
