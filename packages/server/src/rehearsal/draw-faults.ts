import { expectedDurationMs, GATE_NAMES, type RolloutPlan } from '@spark/core/rollout/plan'
import { createRandom, randomInteger, randomUniform, type RandomState } from '@spark/core/stats/random'
import { FAULT_KINDS, faultSpec, type Fault, type FaultKind } from './fault.ts'

/** Of the seed, apart from what the processes draw. */
const STREAM = 6
/** Of the faults behind the first, the share that begins while the one before is at work: what people do, and what is counted, matters then. */
const TOGETHER = 1 / 3
/** So near to the end of a step half of the faults begin, ms: what matters most is what happens while it wants to advance. */
const NEAR_MS = 90_000

/** Labels that are late matter only where a model is judged. */
const DRAWN_KINDS = FAULT_KINDS.filter((kind) => kind !== 'late_labels')

/** So many faults, at times and for lengths that matter to the plan: from a slice to twice the longest hold. */
export function drawFaults(seed: number, plan: RolloutPlan, count: number, kinds: readonly FaultKind[] = DRAWN_KINDS): Fault[] {
  const random = createRandom(seed, STREAM)
  const longestMs = 2 * Math.max(...GATE_NAMES.map((gate) => plan.gates[gate].holdMs))
  const groups = [...Map.groupBy(kinds, (kind) => faultSpec(kind).group).values()]
  let before: Fault | null = null
  const drawn = Array.from({ length: count }, (): Fault => {
    const group = pick(random, groups)
    const kind = pick(random, group)
    const { strength, lasts } = faultSpec(kind)
    const isTogether = before !== null && randomUniform(random) < TOGETHER
    const atMs = isTogether && before !== null ? before.atMs + randomUniform(random) * before.forMs : startOf(random, plan)
    before = {
      kind,
      atMs: Math.max(0, Math.round(atMs)),
      forMs: lasts ? Math.round(between(random, plan.sliceMs, longestMs)) : 0,
      strength: strength === null ? 1 : rounded(between(random, ...strength.drawn), strength.max),
    }
    return before
  })
  return drawn.sort((a, b) => a.atMs - b.atMs)
}

function startOf(random: RandomState, plan: RolloutPlan): number {
  if (randomUniform(random) < 0.5) return randomUniform(random) * expectedDurationMs(plan)
  const upTo = 1 + randomInteger(random, plan.steps.length)
  return expectedDurationMs({ steps: plan.steps.slice(0, upTo) }) + between(random, -NEAR_MS, NEAR_MS)
}

function pick<T>(random: RandomState, from: readonly T[]): T {
  const found = from[randomInteger(random, from.length)]
  if (found === undefined) throw new RangeError('there is nothing to draw from')
  return found
}

function between(random: RandomState, low: number, high: number): number {
  return low + (high - low) * randomUniform(random)
}

/** Shares to a hundredth, amounts to a whole number. */
function rounded(value: number, max: number): number {
  return max <= 1 ? Math.round(value * 100) / 100 : Math.round(value)
}
