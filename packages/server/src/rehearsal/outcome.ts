import type { Decision } from '@spark/core/rollout/outcome'
import { successCriteria, type Criterion } from '@spark/core/rollout/success'
import { told } from '@spark/contract/told'
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
  const because = state.phaseReason
  if (expect === phase) return { ok: true, said: told('ended_expected', { phase }) }
  if (expect !== null)
    return {
      ok: false,
      said:
        because === null
          ? told('ended_other', { phase, expected: expect })
          : told('ended_unlike', { phase, expected: expect, told: because }),
    }
  if (phase === 'done') return { ok: true, said: told('ended_done') }
  if (phase !== 'live' && phase !== 'preview') {
    const ok = faults.length > 0
    const code = ok ? 'ended_by_faults' : 'ended_without_fault'
    return { ok, said: because === null ? told(code, { phase }) : told(`${code}_because`, { phase, told: because }) }
  }
  const last = rows.findLast(({ context }) => (context['input'] as { facts: unknown } | undefined)?.facts !== null)
  const { decision = 'soak', reasons = [] } = (last?.context ?? {}) as { decision?: Decision; reasons?: string[] }
  const ok = faults.length > 0 && WAITS.has(decision)
  return { ok, said: told(ok ? 'holds_by_faults' : 'not_ended', { phase, told: reasons.join('; ') }) }
}
