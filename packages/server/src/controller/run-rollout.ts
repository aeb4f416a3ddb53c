import type { TickFacts } from '@spark/core/rollout/outcome'
import { hasEnded } from '@spark/core/rollout/state'
import { sliceFacts } from '@spark/core/rollout/slice'
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import { decideRollout, type Decided, type RolloutParts } from '../rollout/decide-rollout.ts'
import { readSloSlices } from '../slo-slices.ts'
import type { MetricSliceStore } from '../storage/metric-slice-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { MainTables } from '../storage/tables.ts'

export const TICK_MS = 5000

export interface ControllerDeps {
  parts: RolloutParts
  slices: Pick<MetricSliceStore, 'read'>
  /** What is known beside the slices, read in the tick's transaction. */
  facts(trx: Kysely<MainTables>): Promise<TickFacts>
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
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = false

  function tick(): Promise<Decided | null> {
    const next = turn.then(() => tickOnce(deps))
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

async function tickOnce(deps: ControllerDeps): Promise<Decided | null> {
  const { parts, clock } = deps
  const { stores } = parts
  const seen = await stores.rollouts.newest()
  if (seen === null) return null
  const sealed = await readSloSlices(deps.slices, 30, seen.state.judgedToMs, clock.nowMs())
  const slices = sealed.map(({ ts, counts }) => sliceFacts(ts, counts))
  const decided = await stores.db.transaction().execute(async (trx) => {
    const rollout = await stores.rollouts.newest(trx)
    if (rollout === null) return null
    // Another rollout has begun since: its slices are read in its own tick.
    const own = rollout.id === seen.id ? slices.filter(({ ts }) => ts >= rollout.state.judgedToMs) : []
    const input = { nowMs: clock.nowMs(), slices: own, commands: [], facts: await deps.facts(trx) }
    const who = { actor: 'controller', traceId: deps.random.traceId() }
    return decideRollout(parts, trx, rollout, input, who)
  })
  if (decided !== null) {
    report(deps.log, decided, seen.state.phase)
    await deps.onDecided(decided)
  }
  return decided
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
