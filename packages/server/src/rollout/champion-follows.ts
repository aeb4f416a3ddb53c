import type { RolloutState } from '@spark/core/rollout/state'
import type { Kysely } from 'kysely'
import { aliasBefore } from '../champion.ts'
import type { AuditOutbox } from '../storage/audit-outbox.ts'
import { createModelStore } from '../storage/model-store.ts'
import type { StoredRollout } from '../storage/rollout-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { Who } from '../command-event.ts'

/**
 * The model of a rollout that is done is the champion; when that rollout is rolled back or killed after all, the one before is it
 * again. In the transaction of the decision.
 */
export async function moveChampion(
  trx: Kysely<MainTables>,
  outbox: AuditOutbox,
  rollout: Pick<StoredRollout, 'id' | 'frozen'>,
  change: { before: RolloutState; after: RolloutState; nowMs: number; who: Who },
): Promise<void> {
  const { before, after, nowMs, who } = change
  if (before.phase === after.phase) return
  const models = createModelStore(trx)
  const { modelVersion } = rollout.frozen
  const beforeAlias = aliasBefore(rollout.id)
  if (after.phase === 'done') {
    const { champion } = await models.aliases()
    if (champion === undefined || champion === modelVersion) return
    await models.setAlias(beforeAlias, champion, nowMs)
    await become(modelVersion, champion, `${rollout.id} is done`)
  } else if (after.phase === 'rolled_back' || after.phase === 'killed') {
    const { champion, [beforeAlias]: previous } = await models.aliases()
    // Only what this rollout made champion, and what nobody has changed since.
    if (previous !== undefined && champion === modelVersion) await become(previous, champion, `${rollout.id} is ${after.phase}`)
  }

  async function become(version: string, instead: string, why: string): Promise<void> {
    await models.setAlias('champion', version, nowMs)
    const context = { rollout: rollout.id, before: instead, after: version, reason: why.replace('_', ' ') }
    await outbox.add(trx, [
      { ts: nowMs, action: 'model.champion', actor: who.actor, traceId: who.traceId, result: 'ok', context },
    ])
  }
}
