import { decide } from './decide.ts'
import type { Command, Effect, Outcome, TickFacts } from './outcome.ts'
import { DEFAULT_PLAN, type RolloutPlan } from './plan.ts'
import { uniformSlice } from './slice-fixture.ts'
import type { SliceFacts } from './slice.ts'
import { exposedShare, startRollout, type RolloutState } from './state.ts'

const TICK_MS = 5000
const SEAL_DELAY_MS = 5000
export const START_MS = Date.UTC(2026, 0, 5)
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const FREE: TickFacts = { parity: null, risk: null, verdict: 'unproven', floor: 0.55, topErrors: [] }

type Measured = Parameters<typeof uniformSlice>[2]

export interface Story {
  plan?: RolloutPlan
  ceiling?: number
  /** What the slice that starts `sinceMs` after the start measures; null: it never comes. */
  measured?: (sinceMs: number, state: RolloutState) => Measured | null
  /** Marks or whole slices of one's own. */
  slice?: (slice: SliceFacts, sinceMs: number) => SliceFacts
  /** What people say in the tick at this time. */
  commands?: (sinceMs: number, state: RolloutState) => Command[]
  facts?: (sinceMs: number) => Partial<TickFacts>
  /** The controller does not run. */
  away?: (sinceMs: number) => boolean
  /** The controller alone does not run: what is measured meanwhile is there when it does. */
  down?: (sinceMs: number) => boolean
  /** It began when what is not known was not counted yet. */
  older?: boolean
  /** Strategies of the whole, a minute each; a tenth of them is the canary. */
  strategies?: number
}

export interface Told {
  sinceMs: number
  outcome: Outcome
}

/** A rollout on a clock of its own, tick by tick, until `untilMs` after its start. The state goes through JSON at each tick. */
export function run(story: Story, untilMs: number): { state: RolloutState; told: Told[]; effects: Effect[] } {
  const plan = story.plan ?? DEFAULT_PLAN
  const strategies = story.strategies ?? 120
  let state = startRollout(plan, { rolloutId: 'r1', planDigest: 'd', ceiling: story.ceiling ?? 1, nowMs: START_MS }, null)
  if (story.older === true) delete state.tally.unknown
  const told: Told[] = []
  const sealed: SliceFacts[] = []
  let nextSliceMs = START_MS
  for (let nowMs = START_MS + TICK_MS; nowMs <= START_MS + untilMs; nowMs += TICK_MS) {
    const sinceMs = nowMs - START_MS
    if (nowMs >= nextSliceMs + plan.sliceMs + SEAL_DELAY_MS) {
      const fromMs = nextSliceMs - START_MS
      const share = exposedShare(plan, state)
      const due = state.phase === 'rolled_back' ? 0 : Math.round(((share > 0 ? share : 0.1) * strategies * plan.sliceMs) / MINUTE)
      const measured = story.measured === undefined ? {} : story.measured(fromMs, state)
      if (measured !== null && story.away?.(fromMs) !== true) {
        const slice = uniformSlice(nextSliceMs, due, measured)
        sealed.push(story.slice?.(slice, fromMs) ?? slice)
      }
      nextSliceMs += plan.sliceMs
    }
    if (story.away?.(sinceMs) === true || story.down?.(sinceMs) === true) continue
    const input = {
      nowMs,
      slices: sealed.splice(0),
      commands: story.commands?.(sinceMs, state) ?? [],
      facts: { ...FREE, ...story.facts?.(sinceMs) },
    }
    const outcome = decide(plan, state, input)
    // Now and then through its text: nothing may live outside it.
    state = sinceMs % MINUTE === 0 ? (JSON.parse(JSON.stringify(outcome.state)) as RolloutState) : outcome.state
    told.push({ sinceMs, outcome })
  }
  return { state, told, effects: told.flatMap(({ outcome }) => outcome.effects) }
}

/** When a decision was first taken, ms after the start; null: never. */
export function firstTime(told: readonly Told[], decision: Outcome['decision'], after = 0): number | null {
  return told.find(({ sinceMs, outcome }) => sinceMs >= after && outcome.decision === decision)?.sinceMs ?? null
}
