import type { RolloutAnswer } from '@spark/contract/rollout'
import { GATE_NAMES, type GateName } from '@spark/core/rollout/plan'
import { hasEnded } from '@spark/core/rollout/state'
import type { Breach } from '@spark/core/rollout/gate'
import type { Log } from '../log.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import type { RolloutViews } from '../rollout/rollout-view.ts'
import type { RolloutWatch } from '../rollout/watch-rollout.ts'

export interface BreachEvent {
  rollout: string
  gate: GateName
  kind: 'opened' | 'critical' | 'cleared'
  /** ms; when it began. */
  since: number
  critical: boolean
  fast: boolean
  worst: number | null
  threshold: number
}

export interface RolloutTeller {
  rollout(view: RolloutAnswer): void
  breach(event: BreachEvent): void
}

/**
 * Tells when phase, sub-state, a gate or what people said changes, and of each breach that opens, becomes critical or is over; right
 * after the look that saw it. Nothing is read while nobody listens. Returns what stops it.
 */
export function tellRollout(deps: {
  watch: Pick<RolloutWatch, 'onLook'>
  views: RolloutViews
  log: Log
  wanted(): boolean
  tell: RolloutTeller
}): () => void {
  const { views, log, tell } = deps
  let before: RolloutNow | null = null
  let told: string | null = null
  let turn: Promise<void> = Promise.resolve()
  async function compare(now: RolloutNow): Promise<void> {
    const last = before
    before = now
    if (last !== null && !mayDiffer(last, now)) return
    if (last !== null) for (const event of breachEvents(last, now)) tell.breach(event)
    const view = await views.of(now)
    const key = keyOf(view)
    // Who begins to listen is given the whole view; from then on what changes.
    if (told !== null && told !== key) tell.rollout(view)
    told = key
  }
  return deps.watch.onLook((now) => {
    if (!deps.wanted()) {
      before = told = null
      return
    }
    turn = turn
      .then(() => compare(now))
      .catch((error: unknown) => log.warn({ err: error }, 'a change of the rollout could not be told; the next one is'))
  })
}

/** A tick writes the state; nothing else that is shown changes without one of these. */
function mayDiffer(a: RolloutNow, b: RolloutNow): boolean {
  const facts = ({ rollout, fence, mode, exposed, floor, pollIntervalMs }: RolloutNow) =>
    [rollout?.id, rollout?.changedAt, rollout?.state.tickedMs, fence.epoch, mode, exposed.size, floor, pollIntervalMs].join(' ')
  return facts(a) !== facts(b)
}

/** What a change of is told; figures that move all the time are not in it. */
function keyOf(view: RolloutAnswer): string {
  if (view.id === null) return 'none'
  const { id, phase, subState, step, share, ceiling, exposure, epoch, modifiers, floor, pollIntervalMs } = view
  const { paused, approval, override, verdict } = view
  const gates = view.gates.map(({ state, breach }) => [state, breach?.since ?? null, breach?.critical ?? null])
  return JSON.stringify([
    [id, phase, subState, step.index, share, ceiling, exposure.strategies, epoch, verdict],
    [modifiers, floor, pollIntervalMs, paused, approval, override],
    gates,
  ])
}

function breachEvents({ rollout: before }: RolloutNow, { rollout: now }: RolloutNow): BreachEvent[] {
  if (now === null || before === null || now.id !== before.id || hasEnded(now.state)) return []
  const { plan } = now.frozen
  return GATE_NAMES.flatMap((gate) => {
    const [was, is] = [before.state.gates[gate].breach, now.state.gates[gate].breach]
    const event = (kind: BreachEvent['kind'], { sinceMs, critical, fast, worst }: Breach): BreachEvent => ({
      rollout: now.id,
      gate,
      kind,
      since: sinceMs,
      critical,
      fast,
      worst,
      threshold: plan.gates[gate].critical,
    })
    // Two looks may be far apart: one can be over and the next have begun.
    const over = was !== null && is?.sinceMs !== was.sinceMs ? [event('cleared', was)] : []
    const fresh = is !== null && is.sinceMs !== was?.sinceMs
    const opened = fresh ? [event('opened', is)] : []
    const critical = is?.critical === true && (fresh || was?.critical !== true) ? [event('critical', is)] : []
    return [...over, ...opened, ...critical]
  })
}
