import { told } from '@spark/contract/told'
import type { Clock } from '../clock.ts'
import { CLOCK_STEP_MS, watchClockSteps } from '../clock-steps.ts'

/** Whether times can be believed: signals, validity and leases are judged by the wall clock. */
export interface ClockTrust {
  /** Why no order may increase risk now; null: the clock is believed. */
  doubt(): string | null
  /** A valid market message came: when the market's time agrees with ours, the clock is believed again. */
  heard(): void
}

/** `before`: the doubt that an earlier life of this process ended in, or null. `marketMs`: null where the market has no time of now. */
export function createClockTrust(deps: {
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  marketMs(): number | null
  before: string | null
}): ClockTrust {
  const { clock } = deps
  const stepMs = watchClockSteps(clock)
  let doubted = deps.before
  function doubt(): string | null {
    const byMs = stepMs()
    if (byMs === 0) return doubted
    const at = new Date(clock.nowMs()).toISOString()
    doubted = told(byMs > 0 ? 'clock_forward' : 'clock_back', { seconds: (Math.abs(byMs) / 1000).toFixed(1), at })
    return doubted
  }
  return {
    doubt,
    heard() {
      if (doubt() === null) return
      const marketMs = deps.marketMs()
      if (marketMs === null || Math.abs(marketMs - clock.nowMs()) <= CLOCK_STEP_MS) doubted = null
    },
  }
}
