import { changedPlan } from '../../rollout/plan-digest.ts'
import type { QueueDepth, QueueName } from '../../queue/queue.ts'
import { unreadableLimits } from '../../risk-limits.ts'
import type { StoredAlert } from '../../storage/alert-store.ts'
import { createModelStore } from '../../storage/model-store.ts'
import { followedVersions } from '../labels/followed-models.ts'
import type { OrderPath } from './order-path.ts'

/**
 * Ends alerts whose cause is over, whoever ended it: the last dead letter was redriven or discarded, the last strategy that was
 * paused for its losses was started, every changed limit can be read, the plan in the database is again what the rollout began with, the
 * model is not followed any more. `alerts`: those that were open before `depth` was read.
 */
export async function settleAlerts(
  path: OrderPath,
  alerts: readonly StoredAlert[],
  depth: Record<QueueName, QueueDepth>,
): Promise<void> {
  for (const alert of alerts) if (await isOver(path, alert, depth)) await path.alerts.settle(alert)
}

async function isOver(path: OrderPath, { code, scope }: StoredAlert, depth: Record<QueueName, QueueDepth>): Promise<boolean> {
  if (code === 'dead_letter') return depth.order.dead === 0
  if (code === 'auto_paused') return !(await path.strategies.isPausedFor(scope))
  if (code === 'model_loses' || code === 'feature_drift') return !(await isFollowed(path, scope.replace('model:', '')))
  if (code === 'limits_unreadable') return unreadableLimits(await path.riskLimits.list()).length === 0
  if (code !== 'rollout_plan_changed') return false
  const rollout = await path.rollouts.newest()
  return rollout === null || (await changedPlan(path.rollouts, rollout)) === null
}

/** Only a model that is followed is judged, so that no job would ever end its alerts. */
async function isFollowed({ db, rollouts }: OrderPath, version: string): Promise<boolean> {
  return (await followedVersions({ models: createModelStore(db), rollouts })).has(version)
}
