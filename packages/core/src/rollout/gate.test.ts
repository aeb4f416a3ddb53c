import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, firstTime, run, type Story, type Told } from './rollout-fixture.ts'

describe('a breach at once', () => {
  const live = 4.5 * HOUR
  const after = (ms: number, bad: object): Story => ({ measured: (sinceMs) => (sinceMs >= ms ? bad : {}) })

  it.each([
    ['p95', { latencyMs: 5000 }, { latencyMs: 4500 }],
    ['staleness', { stalenessS: 181 }, { stalenessS: 180 }],
  ])(
    'three times the critical level of %s in two windows rolls back without waiting for the hold; equal to it does not',
    (_, beyond, equal) => {
      const { state, told } = run(after(live, beyond), 5 * HOUR)
      expect(state.phase).toBe('rolled_back')
      const heldMs = (firstTime(told, 'rollback') ?? 0) - live
      expect(heldMs).toBeGreaterThan(5 * MINUTE)
      expect(heldMs).toBeLessThan(7 * MINUTE)
      expect(run(after(live, equal), live + 14 * MINUTE).state.phase).toBe('live')
    },
  )

  it('far beyond the level in windows that overlap does not roll back at once, however many are bad; in two that do not it does', () => {
    const slow = (slices: number): Story => ({
      strategies: 1200,
      measured: (sinceMs) => (sinceMs >= live && sinceMs < live + slices * 30_000 ? { latencyMs: 5000 } : {}),
    })
    const fast = ({ outcome }: Told) => outcome.state.gates.p95.fast.at(-1) !== -1 && outcome.state.phase === 'live'
    // Each of ten windows in a row is beyond it, by 60 bad polls of the one slice that is in all of them.
    const once = run(slow(1), live + 14 * MINUTE)
    expect(once.told.filter(fast).length).toBeGreaterThanOrEqual(10)
    expect(once.state.phase).toBe('live')
    expect(run(slow(2), live + 14 * MINUTE).state.phase).toBe('rolled_back')
  })
})

describe('a dwell', () => {
  it('a warning at the end of a dwell takes its last fifth without one, though good time is served long before', () => {
    const warnedMs = 3.9 * HOUR
    const story: Story = {
      measured: (sinceMs) => (sinceMs >= warnedMs && sinceMs < warnedMs + MINUTE ? { stalenessS: 45 } : {}),
    }
    const { told } = run(story, 5 * HOUR)
    const advanced = firstTime(told, 'advance') ?? 0
    expect(advanced).toBeGreaterThanOrEqual(warnedMs + MINUTE + (4 * HOUR) / 5)
    expect(advanced).toBeLessThan(warnedMs + 2 * MINUTE + (4 * HOUR) / 5)
    const waits = told.filter(({ sinceMs }) => sinceMs > 4.2 * HOUR && sinceMs < advanced).map(({ outcome }) => outcome.reasons)
    expect(waits.length).toBeGreaterThan(100)
    for (const reasons of waits) expect(reasons).toEqual([expect.stringMatching(/^\d+ min more without a warning$/)])
  })
})
