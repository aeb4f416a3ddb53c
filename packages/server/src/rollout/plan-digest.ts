import { canonicalJson } from '@spark/core/audit/canonical-json'
import type { Member } from '@spark/core/rollout/exposure'
import { reasonText } from '@spark/core/rollout/reason'
import { sha256 } from '../sha256.ts'
import type { Kysely } from 'kysely'
import type { FrozenRollout, RolloutStore, StoredRollout } from '../storage/rollout-store.ts'
import type { MainTables } from '../storage/tables.ts'

/** What a rollout promises not to change: plan, model, capital, and who joins in which order. */
export function planDigestOf(frozen: FrozenRollout, ranked: readonly Member[]): string {
  return sha256(canonicalJson({ ...frozen, ranked }))
}

/** Why what is stored of a rollout is not what it started with, or null. Rejects with StorageError. */
export async function changedPlan(
  rollouts: Pick<RolloutStore, 'members'>,
  { id, frozen, planDigest }: Pick<StoredRollout, 'id' | 'frozen' | 'planDigest'>,
  trx?: Kysely<MainTables>,
): Promise<string | null> {
  const computed = planDigestOf(frozen, await rollouts.members(id, trx))
  return computed === planDigest ? null : reasonText('plan_changed', { rollout: id, started: planDigest, hash: computed })
}

/**
 * The same for who asks at each tick: while the text is the same the store gives the same object, and what was looked at is not looked
 * at again. Who joins is therefore looked at once, and again when a share begins.
 */
export function createPlanCheck(
  rollouts: Pick<RolloutStore, 'members'>,
): (rollout: StoredRollout, trx: Kysely<MainTables>) => Promise<string | null> {
  let last: { frozen: FrozenRollout; planDigest: string; problem: string | null } | null = null
  return async (rollout, trx) => {
    const { frozen, planDigest } = rollout
    if (last?.frozen !== frozen || last.planDigest !== planDigest)
      last = { frozen, planDigest, problem: await changedPlan(rollouts, rollout, trx) }
    return last.problem
  }
}
