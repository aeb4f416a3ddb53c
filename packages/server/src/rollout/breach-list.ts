import { openBreaches } from '@spark/core/rollout/state'
import type { StoredRollout } from '../storage/rollout-store.ts'

/** Breaches of these rollouts, newest first. What was open when its rollout ended ended with it; what began later is nobody's. */
export function breachesOf(rollouts: readonly StoredRollout[], nowMs: number) {
  return rollouts
    .flatMap(({ id, frozen, state }) => {
      const { endedMs } = state
      const open = openBreaches(state)
        .filter(({ sinceMs }) => endedMs === null || sinceMs <= endedMs)
        .map((breach) => ({ ...breach, endMs: endedMs }))
      return [...open, ...state.breaches.ended].map(({ gate, sinceMs, endMs, critical, fast, worst }) => ({
        rollout: id,
        gate,
        since: sinceMs,
        endedAt: endMs,
        durationS: Math.max(0, (endMs ?? nowMs) - sinceMs) / 1000,
        critical,
        fast,
        worst,
        threshold: frozen.plan.gates[gate].critical,
      }))
    })
    .sort((a, b) => b.since - a.since)
}

/** Of the breaches that are over a rollout keeps the newest only: one that was open after `fromMs` may be missing in its list. */
export function isCutShort({ state }: Pick<StoredRollout, 'state'>, fromMs: number): boolean {
  const { ended, total } = state.breaches
  const isWhole = total <= ended.length + openBreaches(state).length
  return !isWhole && (ended[0]?.endMs ?? Number.POSITIVE_INFINITY) > fromMs
}
