import { commandProblem } from '@spark/core/rollout/command'
import { commandEvent, type Who } from '../command-event.ts'
import type { Clock } from '../clock.ts'
import { createOverrideStore, type OverrideAsk } from '../storage/override-store.ts'
import { commandIn, type Decided, type NotTaken, type RolloutParts } from './decide-rollout.ts'

/** Long enough to wake somebody up. */
const WAITS_MS = 30 * 60_000

/** No name of a person has a blank. */
const SOMEBODY_ELSE = 'somebody else'

type OverrideParts = Omit<RolloutParts, 'clock'> & { clock: Pick<Clock, 'nowMs' | 'speed'> }

/** The first of the two people asks; nothing changes but that it waits for the second. In place of one that waited before. */
export async function askOverride(parts: OverrideParts, reason: string, by: Who): Promise<OverrideAsk | NotTaken> {
  const { stores, clock } = parts
  return stores.db.transaction().execute(async (trx) => {
    const rollout = await stores.rollouts.newest(trx)
    if (rollout === null) return { code: 'no_rollout', problem: 'there is no rollout' }
    const problem = commandProblem(rollout.state, { kind: 'override', by: by.actor, second: SOMEBODY_ELSE, reason })
    if (problem !== null) return { code: 'rollout_refused', problem }
    const askedAt = clock.nowMs()
    const ask = {
      id: by.traceId,
      rollout: rollout.id,
      by: by.actor,
      reason,
      askedAt,
      expiresAt: askedAt + WAITS_MS * clock.speed,
    }
    await createOverrideStore(trx).ask(trx, ask)
    await stores.outbox.add(trx, [commandEvent(by, { ts: askedAt, action: 'rollout.override_asked', context: { ...ask } })])
    return ask
  })
}

/** The second person agrees to what they have seen, and it takes effect. */
export async function agreeToOverride(
  { stores, ...parts }: OverrideParts,
  id: string,
  second: Who,
): Promise<Decided | NotTaken | 'unknown' | 'same_person'> {
  return stores.db.transaction().execute(async (trx) => {
    const overrides = createOverrideStore(trx)
    const ask = await overrides.waiting(parts.clock.nowMs(), trx)
    const newest = await stores.rollouts.newest(trx)
    if (ask === null || ask.id !== id || newest?.id !== ask.rollout) return 'unknown'
    if (ask.by === second.actor) return 'same_person'
    await overrides.remove(trx)
    const { by, reason } = ask
    return commandIn({ stores, ...parts }, trx, { kind: 'override', by, second: second.actor, reason }, second)
  })
}
