import type { RehearsalAsk } from '@spark/contract/rehearsal'
import type { Config } from '../config.ts'
import { rolloutPlanOf } from '../rollout-plan.ts'
import { drawFaults } from './draw-faults.ts'
import type { Fault } from './fault.ts'
import { parseFaultFile } from './fault-file.ts'
import { simulatedMarket } from './markets.ts'
import { limitOf, type RehearsalOptions } from './rehearse.ts'

/** What is wrong with the faults that were asked for; empty: nothing. */
export function askProblems(faults: RehearsalAsk['faults']): string[] {
  const parsed = typeof faults === 'object' ? parseFaultFile(JSON.stringify({ faults }), 'faults') : { faults: [] }
  return 'problems' in parsed ? parsed.problems : []
}

/** The plan of the configuration on the simulated market, with the faults that were asked for. */
export function optionsOf(config: Config, { seed, ceiling = 1, faults: asked = [] }: RehearsalAsk): RehearsalOptions {
  const plan = rolloutPlanOf(config.file)
  const faults = typeof asked === 'number' ? drawFaults(seed, plan, asked) : faultsOf(asked)
  return { config, plan, seed, faults, ceiling, limitMs: limitOf(plan, faults), ...simulatedMarket(config, seed) }
}

function faultsOf(faults: readonly object[]): Fault[] {
  const parsed = parseFaultFile(JSON.stringify({ faults }), 'faults')
  if ('problems' in parsed) throw new RangeError(parsed.problems.join('; '))
  return parsed.faults
}
