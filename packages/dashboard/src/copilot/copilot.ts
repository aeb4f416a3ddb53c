import type { AlertView } from '@spark/contract/alerts'
import type { Installation } from '@spark/contract/installation'
import type { RolloutAnswer } from '@spark/contract/rollout'
import type { AnswerOf } from '@spark/contract/routes'
import type { TriageMoveName } from '@spark/contract/triage'
import type { GateName, GateView } from '../gate-view.ts'
import type { StreamStatus } from '../live/stream-state.ts'

export const CHECKS = ['stream', 'executor', 'kill', 'venue', 'gates', 'dlq', 'alerts'] as const
export type CheckName = (typeof CHECKS)[number]

/** What the page knows; undefined: not loaded, or it could not be. */
export interface Known {
  stream: StreamStatus
  installation: Installation | undefined
  risk: AnswerOf<'risk'> | undefined
  rollout: RolloutAnswer | undefined
  queue: AnswerOf<'queue'> | undefined
  alerts: readonly AlertView[] | undefined
}

export interface Check {
  name: CheckName
  /** Null: not known. */
  holds: boolean | null
}

const DEAD_LETTERS_GOOD = 2

/** The playbook's checks, each from what the page knows: unknown is never good, nor is what was known before the connection was lost. */
export function checksOf({ stream, installation, risk, rollout, queue, alerts }: Known): Check[] {
  const isLost = stream === 'lost'
  const isWatched = installation?.executorReachable !== false
  const gates = rollout === undefined || !isWatched ? null : rollout.id === null ? [] : rollout.gates
  const known = <Value>(value: Value | undefined, holds: (value: Value) => boolean) => (value === undefined ? null : holds(value))
  const deadGood = gates?.find(({ gate }) => gate === 'dead_letters')?.good ?? DEAD_LETTERS_GOOD
  const answers: Record<CheckName, boolean | null> = {
    stream: stream === 'connecting' ? null : stream === 'open',
    executor: known(installation, ({ executorReachable }) => executorReachable),
    kill: known(risk, ({ killSwitches }) => killSwitches.length === 0),
    venue: known(risk, ({ venue }) => venue.haltedReason === null),
    gates:
      gates === null || gates.length === 0 || gates.some(({ state }) => state === 'no_data')
        ? null
        : gates.every(({ state }) => state === 'ok'),
    dlq: known(queue, ({ dlq_size: size }) => size <= deadGood),
    alerts: known(alerts, (open) => open.every(({ state }) => state !== 'firing')),
  }
  return CHECKS.map((name) => ({ name, holds: isLost && name !== 'stream' ? null : answers[name] }))
}

export interface TriageCard {
  gate: GateView
  /** The playbook's counter-moves, in its order. */
  moves: readonly TriageMoveName[]
  rollback: boolean
}

const MOVES: Record<GateName, readonly TriageMoveName[]> = {
  p95: ['floor', 'poll', 'preview-only'],
  staleness: ['ping', 'jobs', 'drift', 'restart'],
  error_rate: ['errors', 'preview-only'],
  score_rate: ['signals', 'ping', 'errors'],
  confid_median: ['weights', 'marker', 'preview-only'],
  dead_letters: ['preview-only'],
}
const ROLLS_BACK: ReadonlySet<GateName> = new Set(['p95', 'staleness', 'error_rate'])

/** A card for each gate that warns or is breached, the worst first; none after the rollout has ended. */
export function cardsOf(rollout: RolloutAnswer | undefined): TriageCard[] {
  if (rollout === undefined || rollout.id === null || rollout.subState === 'ended') return []
  const rank = ({ state, breach }: GateView) => (state === 'critical' ? 2 : 0) + (breach?.critical === true ? 1 : 0)
  const exposed = rollout.exposure.strategies > 0
  return rollout.gates
    .filter(({ state, breach }) => state === 'warning' || state === 'critical' || breach !== null)
    .toSorted((a, b) => rank(b) - rank(a))
    .map((gate) => ({ gate, moves: MOVES[gate.gate], rollback: exposed && ROLLS_BACK.has(gate.gate) }))
}
