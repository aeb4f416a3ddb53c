import { canonicalJson } from '@spark/core/audit/canonical-json'
import { decide } from '@spark/core/rollout/decide'
import type { TickInput } from '@spark/core/rollout/outcome'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import type { RolloutState } from '@spark/core/rollout/state'
import { answerOf, stateDigest, type Answer } from './decide-rollout.ts'

/** A row of the chain that rollouts are told in, in its order. */
export interface ReplayedRow {
  /** `<writer>-<seq>`, or whatever names it to the reader. */
  id: string
  ts: number
  action: string
  context: Record<string, unknown>
}

export interface ReplayDifference {
  id: string
  ts: number
  rollout: string
  /** `decision`, `reasons`, `effects` or `stateDigest`. */
  field: string
  /** Canonical JSON of what the row says, and of what comes out now. */
  recorded: string
  computed: string
}

export interface Replayed {
  rollouts: number
  /** Decisions that came out again byte for byte, before the first difference. */
  decisions: number
  /** Rows of rollouts whose start is not among the rows: they cannot be computed. */
  withoutStart: number
  difference: ReplayDifference | null
}

interface Course {
  plan: RolloutPlan
  state: RolloutState
}

/** Folds `decide` over the rows again and compares every answer, up to the first that differs. */
export function replayRollout(rows: Iterable<ReplayedRow>): Replayed {
  const courses = new Map<string, Course>()
  const replayed: Replayed = { rollouts: 0, decisions: 0, withoutStart: 0, difference: null }
  for (const row of rows) {
    const { rollout } = row.context
    if (typeof rollout !== 'string') continue
    if (row.action === 'rollout.start') {
      const started = startOf(row)
      replayed.difference = compared(row, rollout, ['stateDigest'], row.context, { stateDigest: stateDigest(started.state) })
      if (replayed.difference !== null) return replayed
      courses.set(rollout, started)
      replayed.rollouts += 1
    } else if ('input' in row.context) {
      const course = courses.get(rollout)
      if (course === undefined) {
        replayed.withoutStart += 1
        continue
      }
      replayed.difference = again(course, row, rollout)
      if (replayed.difference !== null) return replayed
      replayed.decisions += 1
    }
  }
  return replayed
}

function startOf({ context }: ReplayedRow): Course {
  const { plan } = context['frozen'] as { plan: RolloutPlan }
  return { plan, state: context['state'] as RolloutState }
}

/** Computes a decision again, and takes the course to its state. */
function again(course: Course, row: ReplayedRow, rollout: string): ReplayDifference | null {
  // A rollout that has ended is watched on without a row for each tick: who acts on it then says from where.
  const before = (row.context['before'] as RolloutState | undefined) ?? course.state
  const outcome = decide(course.plan, before, row.context['input'] as TickInput)
  course.state = outcome.state
  return compared(row, rollout, ['decision', 'reasons', 'effects', 'stateDigest'], row.context, answerOf(outcome))
}

function compared(
  { id, ts }: ReplayedRow,
  rollout: string,
  fields: readonly (keyof Answer)[],
  recordedIn: Record<string, unknown>,
  computedIn: Partial<Answer>,
): ReplayDifference | null {
  for (const field of fields) {
    const recorded = canonicalJson(recordedIn[field] ?? null)
    const computed = canonicalJson(computedIn[field] ?? null)
    if (recorded !== computed) return { id, ts, rollout, field, recorded, computed }
  }
  return null
}
