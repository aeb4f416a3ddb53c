import { comesAgainFrom, hasGoneBack } from '@spark/core/rollout/observe'
import type { TickFacts } from '@spark/core/rollout/outcome'
import { hasEnded } from '@spark/core/rollout/state'
import { sliceFacts } from '@spark/core/rollout/slice'
import { SLICE_MS } from '@spark/core/rollout/slo'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import { decideRollout, type Decided, type RolloutParts } from '../rollout/decide-rollout.ts'
import { createPlanCheck } from '../rollout/plan-digest.ts'
import { readSloSlices } from '../slo-slices.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { MainTables } from '../storage/tables.ts'

export const TICK_MS = 5000

export interface ControllerDeps {
  parts: RolloutParts
  slices: Pick<MetricSliceStore, 'read' | 'forget'>
  /** Whether this process leads, in the tick's transaction: two never decide. Default: there is no other. */
  leadsIn?(trx: Kysely<MainTables>): Promise<boolean>
  /** What is known beside the slices, read in the tick's transaction. */
  facts(trx: Kysely<MainTables>, modelVersion: string): Promise<TickFacts>
  clock: Clock
  random: Pick<Randomness, 'traceId'>
  log: Log
  /** After the decision is on disk. Must not reject. */
  onDecided(decided: Decided): Promise<void>
}

export interface Controller {
  /** One tick now; ticks never overlap. Null when there is no rollout. Rejects with StorageError: then nothing was decided. */
  tick(): Promise<Decided | null>
  stop(): Promise<void>
}

/**
 * The shell of core's decide: every 5 s it reads what was sealed, decides, and stores state, effects and audit event in one
 * transaction. When storage is away nothing is decided, and what is exposed ends with its lease.
 */
export function startController(deps: ControllerDeps): Controller {
  const { clock, log } = deps
  const changedPlan = createPlanCheck(deps.parts.stores.rollouts)
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = false

  function tick(): Promise<Decided | null> {
    const next = turn.then(() => tickOnce(deps, changedPlan))
    turn = next.catch(() => {})
    return next
  }

  const cancel = clock.every(TICK_MS, () => {
    // A slow tick is not followed by a crowd of late ones.
    if (waiting) return
    waiting = true
    tick()
      .catch((error: unknown) => {
        if (!(error instanceof StorageError)) throw error
        log.error({ err: error }, 'the controller could not decide; exposure ends with its lease unless storage comes back')
      })
      .finally(() => (waiting = false))
  })
  return {
    tick,
    async stop() {
      cancel()
      await turn
    },
  }
}

async function tickOnce(deps: ControllerDeps, changedPlan: ReturnType<typeof createPlanCheck>): Promise<Decided | null> {
  const { parts, clock } = deps
  const { stores } = parts
  const done = await stores.db.transaction().execute(async (trx) => {
    if (deps.leadsIn !== undefined && !(await deps.leadsIn(trx))) return null
    const before = await stores.rollouts.newest(trx)
    if (before === null) return null
    const nowMs = clock.nowMs()
    const { plan } = before.frozen
    // What was measured at these times the first time says nothing of the second.
    if (hasGoneBack(plan, before.state, nowMs)) await deps.slices.forget(comesAgainFrom(plan, nowMs), trx)
    const sealed = await readSloSlices(deps.slices, SLICE_MS / 1000, before.state.judgedToMs, nowMs, trx)
    const slices = sealed.map(({ ts, counts }) => sliceFacts(ts, counts))
    const planChanged = hasEnded(before.state) ? null : await changedPlan(before, trx)
    const facts = { ...(await deps.facts(trx, before.frozen.modelVersion)), ...(planChanged !== null && { planChanged }) }
    const input = { nowMs, slices, commands: [], facts }
    const who = { actor: 'controller', traceId: deps.random.traceId() }
    return { before, decided: await decideRollout(parts, trx, before, input, who) }
  })
  if (done === null) return null
  report(deps.log, done.decided, done.before.state.phase)
  await deps.onDecided(done.decided)
  return done.decided
}

/** A line for what an operator wants to find at night; waiting is none. */
function report(log: Log, { rollout, outcome, epoch, onTheWire }: Decided, before: string): void {
  const { decision, reasons } = outcome
  if (decision === 'soak' || decision === 'hold' || decision === 'pause' || decision === 'await_approval') return
  if (hasEnded({ phase: rollout.state.phase }) && rollout.state.phase === before) return
  const facts = {
    rollout: rollout.id,
    decision,
    reasons,
    phase: rollout.state.phase,
    ...(epoch !== null && { epoch, onTheWire }),
  }
  if (decision === 'advance') log.info(facts, 'rollout advances')
  else log.warn(facts, 'rollout acts')
}
