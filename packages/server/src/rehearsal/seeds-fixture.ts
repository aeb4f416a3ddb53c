import { checkRehearsal } from './check/check-rehearsal.ts'
import { drawFaults } from './draw-faults.ts'
import { faultText } from './fault.ts'
import { SCALED_PLAN, rehearseScaled } from './scaled-fixture.ts'

const FAULTS = 3

/** Rehearses these seeds, each with three faults of its own; what did not hold, with how to see it again. */
export async function brokenSeeds(seeds: Iterable<number>): Promise<string[]> {
  const broken: string[] = []
  for (const seed of seeds) {
    const faults = drawFaults(seed, SCALED_PLAN, FAULTS)
    const problems = checkRehearsal(await rehearseScaled(seed, faults))
    if (problems.length > 0) broken.push(`seed ${seed}, ${faults.map(faultText).join(', ')}: ${problems.join('; ')}`)
  }
  return broken
}

export function* seedsFrom(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed
}
