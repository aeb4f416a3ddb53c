import { createRolloutReplay } from '../../rollout/replay-rollout.ts'
import type { Rehearsal } from '../rehearse.ts'
import { checkDecisions } from './check-decisions.ts'
import { checkExposure } from './check-exposure.ts'

/** What must hold in every rehearsal, whatever befell it, and does not; each with its time. Empty: all of it holds. */
export function checkRehearsal(rehearsal: Rehearsal): string[] {
  const replay = createRolloutReplay()
  const states = rehearsal.rows.map((row) => replay.take(row))
  const replayed = replay.rollouts()
  return [
    ...checkDecisions(rehearsal, states),
    ...checkExposure(rehearsal),
    ...replayed.flatMap(({ difference }) =>
      difference === null
        ? []
        : [`the replay differs at ${difference.id}, ${difference.what}: ${difference.recorded} became ${difference.computed}`],
    ),
    ...(replayed.some(({ decisions }) => decisions > 0) ? [] : ['the replay found nothing to compare']),
    ...rehearsal.differences.map((difference) => `the books differ: ${difference}`),
    ...(rehearsal.openOrders > 0 ? [`${rehearsal.openOrders} orders have not ended`] : []),
  ]
}
