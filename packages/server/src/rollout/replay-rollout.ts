import { canonicalJson } from '@spark/core/audit/canonical-json'
import { decide } from '@spark/core/rollout/decide'
import type { Outcome, TickInput } from '@spark/core/rollout/outcome'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import { hasEnded, type RolloutState } from '@spark/core/rollout/state'
import { answerOf, stateDigest } from './decide-rollout.ts'

/** A row of the audit, parsed. */
export interface ReplayRow {
  id: string
  action: string
  context: Readonly<Record<string, unknown>>
}

/** Where what was recorded is not what comes out. */
export interface ReplayDifference {
  /** Of the audit row. */
  id: string
  what: 'start' | 'input' | 'decision' | 'reasons' | 'effects' | 'stateDigest' | 'order'
  recorded: string
  computed: string
}

export interface ReplayedRollout {
  rolloutId: string
  /** How many came out the same, up to the first difference. */
  decisions: number
  difference: ReplayDifference | null
}

export interface RolloutReplay {
  /** The next row of the chain, and the state after it. Null: it is no decision of a rollout, or something differed. */
  take(row: ReplayRow): RolloutState | null
  /** In the order in which they were met. */
  rollouts(): ReplayedRollout[]
}

const RESTORED = 'backup.restored'

type Mismatch = Omit<ReplayDifference, 'id'>
interface Started {
  plan: RolloutPlan
  state: RolloutState
}

/** Folds core's decide over the rows of the chain `orders`, in their order: each recorded answer must come out again, byte for byte. */
export function createRolloutReplay(): RolloutReplay {
  const all = new Map<string, { started: Started | null; replayed: ReplayedRollout }>()
  let newestPlace = 0
  return {
    take(row) {
      const rolloutId = row.context['rollout']
      if (typeof rolloutId !== 'string' || !isOfRollout(row.action)) return null
      const one = all.get(rolloutId) ?? { started: null, replayed: { rolloutId, decisions: 0, difference: null } }
      all.set(rolloutId, one)
      const place = Number(row.context['outbox'] ?? newestPlace)
      const before = newestPlace
      newestPlace = Math.max(newestPlace, place)
      // Only the first difference counts: everything behind it follows from it.
      if (one.replayed.difference !== null) return null
      const next: Started | Mismatch =
        place < before
          ? { what: 'order', recorded: String(place), computed: `after ${before}` }
          : row.action === 'rollout.start'
            ? startAgain(one.started, row)
            : row.action === RESTORED
              ? restoreAgain(one.started, row)
              : decideAgain(one.started, row)
      if ('what' in next) {
        one.replayed.difference = { id: row.id, ...next }
        return null
      }
      one.started = next
      if ('decision' in row.context) one.replayed.decisions += 1
      return next.state
    },
    rollouts: () => [...all.values()].map(({ replayed }) => replayed),
  }
}

/** A row that says what became of the rollout itself. */
export function isOfRollout(action: string): boolean {
  return action === 'controller.tick' || action === RESTORED || action.startsWith('rollout.')
}

/** A backup was put back: from here on it is decided on the state that the backup had. */
function restoreAgain(started: Started | null, { context }: ReplayRow): Started | Mismatch {
  if (started === null) return { what: 'start', recorded: 'nothing', computed: 'a start' }
  const state = context['state'] as RolloutState
  const computed = stateDigest(state)
  if (context['stateDigest'] !== computed) return { what: 'stateDigest', recorded: String(context['stateDigest']), computed }
  return { plan: started.plan, state }
}

function startAgain(before: Started | null, { context }: ReplayRow): Started | Mismatch {
  if (before !== null) return { what: 'start', recorded: 'a second start', computed: 'one' }
  const { frozen, state } = context as { frozen?: { plan: RolloutPlan }; state?: RolloutState }
  if (frozen === undefined || state === undefined) return { what: 'start', recorded: 'nothing', computed: 'a plan and a state' }
  const computed = stateDigest(state)
  if (context['stateDigest'] !== computed) return { what: 'stateDigest', recorded: String(context['stateDigest']), computed }
  return { plan: frozen.plan, state }
}

function decideAgain(started: Started | null, { context }: ReplayRow): Started | Mismatch {
  if (started === null) return { what: 'start', recorded: 'nothing', computed: 'a start' }
  const { plan } = started
  // What has ended is watched without a row, so a command on it brings the state that it met; it must have ended likewise.
  const state = (context['before'] as RolloutState | undefined) ?? started.state
  if (state !== started.state && !(hasEnded(started.state) && state.phase === started.state.phase))
    return { what: 'input', recorded: `a state that is ${state.phase}`, computed: `one that is ${started.state.phase}` }
  let outcome: Outcome
  try {
    outcome = decide(plan, state, context['input'] as TickInput)
  } catch (error) {
    return { what: 'input', recorded: 'an input', computed: `it cannot be decided on: ${(error as Error).message}` }
  }
  const answer = answerOf(outcome)
  for (const what of ['decision', 'reasons', 'effects', 'stateDigest'] as const) {
    const computed = canonicalJson(answer[what])
    const recorded = canonicalJson(context[what] ?? null)
    if (recorded !== computed) return { what, recorded, computed }
  }
  return { plan, state: outcome.state }
}
