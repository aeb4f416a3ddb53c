import { expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createClockTrust } from './clock-trust.ts'

const START_MS = Date.UTC(2026, 0, 5)

function setUp(before: string | null = null) {
  const clock = new ManualClock(START_MS)
  // An exchange keeps its time, whatever is done to ours.
  const trust = createClockTrust({ clock, marketMs: () => START_MS + clock.monotonicMs(), before })
  return { clock, trust }
}

it.each([-3_600_000, -1001, 1001, 3_600_000])(
  'a clock that steps by %i ms is doubted until a market message comes whose time agrees within a second',
  async (stepMs) => {
    const { clock, trust } = setUp()
    await clock.advance(1000)
    expect(trust.doubt()).toBeNull()
    clock.step(stepMs)
    await clock.advance(500)
    expect(trust.doubt()).toContain(`${stepMs > 0 ? 'forward' : 'back'} by ${(Math.abs(stepMs) / 1000).toFixed(1)} s`)
    trust.heard()
    expect(trust.doubt()).not.toBeNull()
    clock.step(-stepMs + 999)
    expect(trust.doubt()).not.toBeNull()
    trust.heard()
    expect(trust.doubt()).toBeNull()
  },
)

it('a clock that drifts is believed, and so is one of a second', async () => {
  const { clock, trust } = setUp()
  for (let turn = 0; turn < 100; turn++) {
    clock.step(1000)
    expect(trust.doubt()).toBeNull()
    await clock.advance(1000)
  }
})

it('a doubt outlives a restart, and ends with the first message that agrees', () => {
  const { trust } = setUp('the clock went back')
  expect(trust.doubt()).toBe('the clock went back')
  trust.heard()
  expect(trust.doubt()).toBeNull()
})
