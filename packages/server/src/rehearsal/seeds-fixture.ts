import { readReason } from '@spark/core/rollout/reason'
import { checkRehearsal } from './check/check-rehearsal.ts'
import { drawFaults } from './draw-faults.ts'
import { faultText } from './fault.ts'
import type { Rehearsal } from './rehearse.ts'
import { SCALED_PLAN, rehearseScaled } from './scaled-fixture.ts'

const FAULTS = 3

/** Rehearses these seeds, each with three faults of its own; what did not hold, with how to see it again. */
export async function brokenSeeds(seeds: Iterable<number>): Promise<string[]> {
  const broken: string[] = []
  for (const seed of seeds) {
    const faults = drawFaults(seed, SCALED_PLAN, FAULTS)
    const rehearsal = await rehearseScaled(seed, faults)
    const problems = [...checkRehearsal(rehearsal), ...withoutCode(rehearsal)]
    if (problems.length > 0) broken.push(`seed ${seed}, ${faults.map(faultText).join(', ')}: ${problems.join('; ')}`)
  }
  return broken
}

/** Reasons of the controller that the pages could not tell in another language. */
function withoutCode({ rows }: Rehearsal): string[] {
  const reasons = rows.flatMap(({ context: { reasons: told } }) => (Array.isArray(told) ? told.map(String) : []))
  return [...new Set(reasons)].filter((reason) => readReason(reason) === null).map((reason) => `no code for "${reason}"`)
}

export function* seedsFrom(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed
}
