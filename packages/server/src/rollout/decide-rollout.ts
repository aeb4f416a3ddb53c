import { commandProblem } from '@spark/core/rollout/command'
import { decide } from '@spark/core/rollout/decide'
import { exposedCount } from '@spark/core/rollout/exposure'
import type { Command, Effect, Outcome, TickInput } from '@spark/core/rollout/outcome'
import { exposedShare, hasEnded, type RolloutState } from '@spark/core/rollout/state'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Who } from '../command-event.ts'
import type { KnownAlerts } from '../notify/alerts.ts'
import { AT_ONCE, type Queue } from '../queue/queue.ts'
import { sha256 } from '../sha256.ts'
import type { StoredRollout } from '../storage/rollout-store.ts'
import { stateText } from '../storage/state-text.ts'
import type { MainTables } from '../storage/tables.ts'
import { moveChampion } from './champion-follows.ts'
import { changedPlan } from './plan-digest.ts'
import type { TradingStores } from '../storage/trading-stores.ts'

export interface RolloutParts {
  stores: Pick<TradingStores, 'db' | 'rollouts' | 'risk' | 'strategies' | 'positions' | 'orders' | 'outbox'>
  queue: Queue
  alerts: Pick<KnownAlerts, 'raise' | 'resolve'>
  clock: Pick<Clock, 'nowMs'>
}

export interface Decided {
  rollout: StoredRollout
  outcome: Outcome
  /** The epoch that a fence began; null: there was none. */
  epoch: number | null
  /** Client order ids of ML entries that were at the venue, or on the way, when the fence closed. */
  onTheWire: readonly string[]
}

/** Decisions that somebody looks for in a list; the others are ticks that wait. */
const TOLD: ReadonlySet<Outcome['decision']> = new Set(['kill', 'rollback', 'preview_only', 'counter_move', 'advance'])
const WIRE_LISTED_MAX = 100

/**
 * One decision in the caller's transaction: state, effects, and the audit event that holds its input and its answer. The same for
 * the controller's ticks and for people who act by hand, whichever process they act through.
 */
export async function decideRollout(
  parts: RolloutParts,
  trx: Kysely<MainTables>,
  rollout: StoredRollout,
  asked: TickInput,
  who: Who,
): Promise<Decided> {
  const { stores } = parts
  const { plan } = rollout.frozen
  const { input, outcome } = await decided(parts, trx, rollout, asked)
  await stores.rollouts.saveState(trx, rollout.id, outcome.state, input.nowMs)
  const done = { epoch: null as number | null, onTheWire: [] as string[] }
  for (const effect of outcome.effects) {
    if (effect.kind === 'expose') await expose(parts, trx, rollout, effect.share, input.nowMs)
    else if (effect.kind === 'fence') Object.assign(done, await closeFence(parts, trx, effect, input.nowMs, who))
    else if (effect.kind === 'alert') await parts.alerts.raise(trx, effect)
    else if (effect.kind === 'resolve') await parts.alerts.resolve(trx, effect.code, effect.scope)
  }
  const change = { before: rollout.state, after: outcome.state, nowMs: input.nowMs, who }
  await moveChampion(trx, stores.outbox, rollout, change)
  if (input.facts !== null && input.facts.planChanged === undefined && exposedShare(plan, outcome.state) > 0)
    await stores.risk.leaseExposure(trx, input.nowMs + plan.leaseMs)
  // What has ended goes on being watched for its successor's sake, and has nothing to tell.
  if (hasEnded(rollout.state) && input.commands.length === 0)
    return { rollout: { ...rollout, state: outcome.state }, outcome, ...done }
  const told = input.commands.length > 0 || TOLD.has(outcome.decision)
  await stores.outbox.add(trx, [
    {
      ts: parts.clock.nowMs(),
      action: told ? `rollout.${input.commands[0]?.kind ?? outcome.decision}` : 'controller.tick',
      actor: who.actor,
      traceId: who.traceId,
      result: 'ok',
      context: {
        rollout: rollout.id,
        // It was watched since without a row: the replay starts anew from here.
        ...(hasEnded(rollout.state) && { before: rollout.state }),
        input,
        ...answerOf(outcome),
        ...done,
      },
    },
  ])
  return { rollout: { ...rollout, state: outcome.state }, outcome, ...done }
}

/** Who joins is read when a share begins: that it is who was to join is looked at then. */
async function decided(
  { stores }: RolloutParts,
  trx: Kysely<MainTables>,
  rollout: StoredRollout,
  input: TickInput,
): Promise<{ input: TickInput; outcome: Outcome }> {
  const { frozen, state } = rollout
  const outcome = decide(frozen.plan, state, input)
  if (input.facts === null || !outcome.effects.some(({ kind }) => kind === 'expose')) return { input, outcome }
  const planChanged = await changedPlan(stores.rollouts, rollout, trx)
  if (planChanged === null) return { input, outcome }
  const refused = { ...input, facts: { ...input.facts, planChanged } }
  return { input: refused, outcome: decide(frozen.plan, state, refused) }
}

/** What the audit keeps of an answer; `rollout replay` computes it again and compares. */
export function answerOf({ decision, reasons, effects, state }: Outcome) {
  return { decision, reasons, effects, stateDigest: stateDigest(state) }
}

/** SHA-256 of its canonical text. */
export const stateDigest = (state: RolloutState): string => sha256(stateText(state))

async function expose(
  { stores }: RolloutParts,
  trx: Kysely<MainTables>,
  rollout: StoredRollout,
  share: number,
  nowMs: number,
): Promise<void> {
  const members = await stores.rollouts.members(rollout.id, trx)
  const ids = members.slice(0, exposedCount(members, share)).map(({ strategyId }) => strategyId)
  await stores.rollouts.expose(trx, ids, nowMs)
}

/** Epoch + 1, exposure 0, what increases risk is cancelled, ML positions pass to the baseline or are closed. */
async function closeFence(
  { stores, queue }: RolloutParts,
  trx: Kysely<MainTables>,
  { mlOff, cancel, positions }: Extract<Effect, { kind: 'fence' }>,
  nowMs: number,
  { traceId, actor }: Who,
): Promise<Pick<Decided, 'epoch' | 'onTheWire'>> {
  const open = await stores.orders.open(trx)
  const onTheWire = open
    .filter(({ arm, purpose, state }) => arm === 'ml' && purpose === 'enter' && state !== 'reserved' && state !== 'planned')
    .slice(0, WIRE_LISTED_MAX)
    .map(({ clientOrderId }) => clientOrderId)
  const epoch = await stores.risk.raiseEpoch(trx, { mlOff, nowMs })
  await stores.rollouts.expose(trx, [], nowMs)
  await stores.positions.handOver(trx, nowMs)
  const request = { scope: cancel === 'all' ? 'all' : 'arm:ml', askedAt: nowMs }
  const payload = { kind: 'cancel', ...request }
  await queue.enqueue(trx, { queue: 'order', key: `cancel ${traceId} ${epoch}`, payload, runAt: AT_ONCE })
  if (positions === 'flatten')
    await queue.enqueue(trx, {
      queue: 'order',
      key: `flatten ${traceId} ${epoch}`,
      payload: { kind: 'flatten', scope: 'arm:ml', requestId: traceId, actor, askedAt: nowMs },
      runAt: AT_ONCE,
    })
  return { epoch, onTheWire }
}

/** Why a command was not taken; nothing was changed then. */
export interface NotTaken {
  code: 'no_rollout' | 'rollout_refused'
  problem: string
}

/** A person's command on the newest rollout, in a transaction of its own. */
export async function commandRollout(parts: RolloutParts, command: Command, who: Who): Promise<Decided | NotTaken> {
  return parts.stores.db.transaction().execute((trx) => commandIn(parts, trx, command, who))
}

/** The same in the caller's transaction. */
export async function commandIn(
  parts: RolloutParts,
  trx: Kysely<MainTables>,
  command: Command,
  who: Who,
): Promise<Decided | NotTaken> {
  const rollout = await parts.stores.rollouts.newest(trx)
  if (rollout === null) return { code: 'no_rollout', problem: 'there is no rollout' }
  const problem = commandProblem(rollout.state, command)
  if (problem !== null) return { code: 'rollout_refused', problem }
  const input: TickInput = { nowMs: parts.clock.nowMs(), slices: [], commands: [command], facts: null }
  return decideRollout(parts, trx, rollout, input, who)
}
