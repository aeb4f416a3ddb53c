import { describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createExposureLease } from './exposure-lease.ts'

const START_MS = Date.UTC(2026, 0, 5)

describe('the lease on exposure', () => {
  it('holds while it is renewed, and 30 s longer', async () => {
    const clock = new ManualClock(START_MS)
    const lease = createExposureLease(clock)
    for (let turn = 0; turn < 20; turn++) {
      expect(lease.holds(clock.nowMs() + 30_000)).toBe(true)
      await clock.advance(5000)
    }
    const leaseUntil = clock.nowMs() + 25_000
    await clock.advance(25_000)
    expect(lease.holds(leaseUntil)).toBe(true)
    await clock.advance(1)
    expect(lease.holds(leaseUntil)).toBe(false)
  })

  it('is not made longer by a clock that is set back after the controller died', async () => {
    const clock = new ManualClock(START_MS)
    const lease = createExposureLease(clock)
    const leaseUntil = START_MS + 30_000
    lease.holds(leaseUntil)
    await clock.advance(20_000)
    clock.step(-15_000)
    expect(lease.holds(leaseUntil)).toBe(true)
    await clock.advance(10_001)
    expect(leaseUntil).toBeGreaterThan(clock.nowMs())
    expect(lease.holds(leaseUntil)).toBe(false)
  })

  it('that ends later than any lease can is none, also for who sees it for the first time', () => {
    const clock = new ManualClock(START_MS)
    const leaseUntil = START_MS + 30_000
    clock.step(-3_600_000)
    expect(createExposureLease(clock).holds(leaseUntil)).toBe(false)
  })
})
