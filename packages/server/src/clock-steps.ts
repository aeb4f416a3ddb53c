import type { Clock } from './clock.ts'

/** Wall and monotonic time drift apart slowly; a step of more than a second is someone's hand, or a machine that slept. */
export const CLOCK_STEP_MS = 1000

/** Tells by how many ms the wall clock has stepped against the monotonic one since it was asked last, forward or back; 0: it has not. */
export function watchClockSteps(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>): () => number {
  let offsetMs = clock.nowMs() - clock.monotonicMs()
  return () => {
    const beforeMs = offsetMs
    offsetMs = clock.nowMs() - clock.monotonicMs()
    const stepMs = offsetMs - beforeMs
    return Math.abs(stepMs) > CLOCK_STEP_MS ? stepMs : 0
  }
}
