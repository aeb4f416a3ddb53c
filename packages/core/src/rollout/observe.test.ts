import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { DEFAULT_PLAN } from './plan.ts'
import { FREE, HOUR, MINUTE, run } from './rollout-fixture.ts'
import { uniformSlice } from './slice-fixture.ts'

describe('the clock', () => {
  it('that goes back two minutes does not make a breach wait two minutes longer', () => {
    // p95 is critical for 8 minutes; then the clock goes back, and it stays critical.
    const before = run(
      { measured: (sinceMs) => (sinceMs >= 4.5 * HOUR ? { latencyMs: 2000 } : {}) },
      4.5 * HOUR + 8 * MINUTE,
    ).state
    let state = before
    let heldMs = 8 * MINUTE
    for (let nowMs = before.tickedMs - 2 * MINUTE; state.phase === 'live' && heldMs < 30 * MINUTE; nowMs += 30_000) {
      const slices = [uniformSlice(nowMs - (nowMs % 30_000) - 30_000, 6, { latencyMs: 2000 })]
      state = decide(DEFAULT_PLAN, state, { nowMs, slices, commands: [], facts: FREE }).state
      heldMs += 30_000
    }
    expect(state.phase).toBe('rolled_back')
    expect(heldMs).toBeLessThan(17 * MINUTE)
  })

  it('that goes back an hour does not leave the rollout unjudged', () => {
    const plain = run({}, 5 * HOUR).state
    const nowMs = plain.tickedMs - HOUR
    const back = decide(DEFAULT_PLAN, plain, { nowMs, slices: [], commands: [], facts: FREE }).state
    expect(back.judgedToMs).toBeLessThanOrEqual(nowMs)
    const slice = uniformSlice(back.judgedToMs, 6, { latencyMs: 2000 })
    expect(
      decide(DEFAULT_PLAN, back, { nowMs: nowMs + 5000, slices: [slice], commands: [], facts: FREE }).state.gates.p95.value,
    ).toBeGreaterThan(0)
  })
})
