import { canonicalJson } from '@spark/core/audit/canonical-json'
import type { Member } from '@spark/core/rollout/exposure'
import { sha256 } from '../sha256.ts'
import type { FrozenRollout, RolloutStore, StoredRollout } from '../storage/rollout-store.ts'

/** What a rollout promises not to change: plan, model, capital, and who joins in which order. */
export function planDigestOf(frozen: FrozenRollout, ranked: readonly Member[]): string {
  return sha256(canonicalJson({ ...frozen, ranked }))
}

/** Why what is stored of a rollout is not what it started with, or null. Rejects with StorageError. */
export async function changedPlan(
  rollouts: Pick<RolloutStore, 'members'>,
  { id, frozen, planDigest }: Pick<StoredRollout, 'id' | 'frozen' | 'planDigest'>,
): Promise<string | null> {
  const computed = planDigestOf(frozen, await rollouts.members(id))
  return computed === planDigest
    ? null
    : `the plan of ${id} in the database was changed since its start: its digest was ${planDigest}, and is ${computed}; a changed plan is a new rollout`
}
