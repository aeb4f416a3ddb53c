import { rankMembers, type Member } from '@spark/core/rollout/exposure'
import { GATE_NAMES, expectedDurationMs, type RolloutPlan } from '@spark/core/rollout/plan'
import { startProblems } from '@spark/core/rollout/start'
import { startRollout as firstState } from '@spark/core/rollout/state'
import type { Stream } from '@spark/core/market/candle'
import { Decimal } from '@spark/core/trading/decimal'
import type { Kysely } from 'kysely'
import type { FrozenRollout, StoredRollout } from '../storage/rollout-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { Who } from '../command-event.ts'
import { planDigestOf } from './plan-digest.ts'
import { ordinalOf, rolloutIdOf } from './rollout-id.ts'
import { stateDigest, type RolloutParts } from './decide-rollout.ts'

export interface StartRequest {
  plan: RolloutPlan
  canary: Stream
  pollIntervalMs: number
  model: { version: string; hash: string }
  /** The approved share to begin with; 0: preview. */
  ceiling: number
  /** The id it must get; default: the next one. */
  id?: string | undefined
  reason: string
}

export type Started =
  | { started: StoredRollout; durationMs: number }
  /** Why not, with the arithmetic. */
  | { problems: string[] }

/**
 * Begins a rollout in preview, in one transaction: plan, model, capital and the order of joining are frozen by a digest. ML is on from
 * its commit; nobody is exposed yet.
 */
export async function startRollout(parts: RolloutParts, request: StartRequest, who: Who): Promise<Started> {
  return parts.stores.db.transaction().execute((trx) => startIn(parts, trx, request, who))
}

/** The same in the caller's transaction. */
export async function startIn(parts: RolloutParts, trx: Kysely<MainTables>, request: StartRequest, who: Who): Promise<Started> {
  const { stores, clock } = parts
  const nowMs = clock.nowMs()
  const before = await stores.rollouts.newest(trx)
  const ordinal = await stores.rollouts.nextOrdinal(trx)
  const id = rolloutIdOf(ordinal)
  const strategies = (await stores.strategies.list(trx)).filter(({ status }) => status !== 'stopped')
  const ranked = rankMembers(
    id,
    strategies.map(({ id: strategyId, capital, symbol, tf }): Member => {
      const canary = symbol === request.canary.symbol && tf === request.canary.tf
      return { strategyId, capital, canary }
    }),
  )
  const { plan, pollIntervalMs } = request
  const problems = [
    ...idProblems(request.id, ordinal),
    ...startProblems({ plan, ranked, pollIntervalMs, before: before?.state ?? null, nowMs }),
  ]
  if (problems.length > 0) return { problems }
  const frozen: FrozenRollout = {
    plan,
    modelVersion: request.model.version,
    modelHash: request.model.hash,
    capital: ranked.reduce((sum, { capital }) => sum.plus(capital), new Decimal(0)).toString(),
    strategies: ranked.length,
  }
  const planDigest = planDigestOf(frozen, ranked)
  const state = firstState(plan, { rolloutId: id, planDigest, ceiling: request.ceiling, nowMs }, before?.state ?? null)
  const started = { id, ordinal, frozen, planDigest, state, startedAt: nowMs, startedBy: who.actor }
  await stores.rollouts.insert(trx, started, ranked)
  await stores.risk.turnMlOn(trx, nowMs)
  await endAlerts(parts, trx, id)
  await stores.outbox.add(trx, [
    {
      ts: nowMs,
      action: 'rollout.start',
      actor: who.actor,
      traceId: who.traceId,
      result: 'ok',
      context: { rollout: id, reason: request.reason, planDigest, frozen, state, stateDigest: stateDigest(state) },
    },
  ])
  return { started: { ...started, changedAt: nowMs }, durationMs: expectedDurationMs(plan) }
}

/** An id decides who joins first, and the audit tells of a rollout by it. */
function idProblems(wanted: string | undefined, ordinal: number): string[] {
  const next = rolloutIdOf(ordinal)
  if (wanted === undefined || wanted === next) return []
  const why = ordinalOf(wanted) < ordinal ? 'was used before, and an id is never used twice' : 'is not the next one'
  return [`the id ${wanted} ${why}; the next is ${next}`]
}

/** What was told of the rollout before is over: its gates are judged anew, and their breaches must be told again. */
async function endAlerts({ alerts }: RolloutParts, trx: Kysely<MainTables>, id: string): Promise<void> {
  const message = `${id} begins`
  for (const code of ['rollout_rolled_back', 'rollout_killed', 'rollout_preview_only', 'rollout_plan_changed'] as const)
    await alerts.resolve(trx, code, 'rollout', message)
  for (const gate of GATE_NAMES)
    for (const code of ['breach', 'warning'] as const) await alerts.resolve(trx, code, `gate:${gate}`, message)
}
