import type { Decision } from '@spark/core/rollout/outcome'
import { successCriteria, type Criterion } from '@spark/core/rollout/success'
import { checkRehearsal } from './check/check-rehearsal.ts'
import type { End } from './fault-file.ts'
import type { Rehearsal } from './rehearse.ts'

export interface RehearsalOutcome {
  ok: boolean
  /** How it ended, and whether that was to be. */
  said: string
  /** What must hold in every rehearsal and does not. */
  problems: readonly string[]
  /** On what the last step measured. */
  criteria: readonly Criterion[]
}

const WAITS: ReadonlySet<Decision> = new Set(['hold', 'await_approval', 'pause'])

/**
 * A rehearsal is good when everything held that must hold in every one, and when it ended as it should: as was expected; without
 * that, in `done`, or in what its faults demanded, which is whatever the guards or a person decided for a reason that is checked.
 */
export function outcomeOf(rehearsal: Rehearsal, expect: End | null): RehearsalOutcome {
  const problems = checkRehearsal(rehearsal)
  const ended = endOf(rehearsal, expect)
  return { ok: ended.ok && problems.length === 0, said: ended.said, problems, criteria: successCriteria(rehearsal.state) }
}

function endOf({ phase, faults, rows, state }: Rehearsal, expect: End | null): { ok: boolean; said: string } {
  if (expect !== null)
    return phase === expect
      ? { ok: true, said: `ended in ${phase}, as expected` }
      : { ok: false, said: `ended in ${phase}, and ${expect} was expected${why(state.phaseReason)}` }
  if (phase === 'done') return { ok: true, said: 'ended in done' }
  const hasEnded = phase !== 'live' && phase !== 'preview'
  if (hasEnded && faults.length === 0) return { ok: false, said: `ended in ${phase} without a fault${why(state.phaseReason)}` }
  if (hasEnded) return { ok: true, said: `ended in ${phase}, as its faults demand${why(state.phaseReason)}` }
  const last = rows.findLast(({ context }) => (context['input'] as { facts: unknown } | undefined)?.facts !== null)
  const { decision = 'soak', reasons = [] } = (last?.context ?? {}) as { decision?: Decision; reasons?: string[] }
  return faults.length > 0 && WAITS.has(decision)
    ? { ok: true, said: `still ${phase}: it holds, as its faults demand: ${reasons.join('; ')}` }
    : { ok: false, said: `still ${phase} when its time was over: ${reasons.join('; ')}` }
}

const why = (reason: string | null): string => (reason === null ? '' : `: ${reason}`)
