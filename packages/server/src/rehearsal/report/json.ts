import type { RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { exposureSeries, gateSeries } from './series.ts'
import { stretches } from './steps.ts'
import type { MarketText } from './text.ts'
import { toldTimeline } from './told.ts'

/** The whole report for other programs; times in ms since the rollout began. Fields are only ever added. */
export function reportJson(rehearsal: Rehearsal, outcome: RehearsalOutcome, about: MarketText): string {
  const { seed, plan, faults, phase, lastedMs, startedMs, members, counts, digest, model, judged } = rehearsal
  return JSON.stringify(
    {
      ...outcome,
      phase,
      lastedMs,
      seed,
      ...about,
      startedMs,
      strategies: members.length,
      model,
      judged,
      plan,
      faults,
      steps: stretches(rehearsal),
      timeline: toldTimeline(rehearsal),
      exposed: exposureSeries(rehearsal),
      gates: gateSeries(rehearsal),
      auditRows: Object.fromEntries(counts),
      digest,
    },
    null,
    2,
  )
}
