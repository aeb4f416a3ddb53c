import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { DEFAULT_PLAN } from './plan.ts'
import { FREE, HOUR, MINUTE, START_MS, run, type Story, type Told } from './rollout-fixture.ts'
import { uniformSlice } from './slice-fixture.ts'
import { startRollout } from './state.ts'

const after = (ms: number, bad: object): Story => ({ measured: (sinceMs) => (sinceMs >= ms ? bad : {}) })
const say = (kind: 'pause' | 'resume' | 'preview') => ({ kind, by: 'ada', reason: 'a test' })

describe('a successor', () => {
  it('is not judged by slices of the rollout before it', () => {
    const before = run(after(HOUR, { latencyMs: 2000, errors: 1, confid: 0.4 }), 1.2 * HOUR).state
    expect(before.gates.p95.history).toContain('B')
    const nowMs = START_MS + 1.2 * HOUR
    const fresh = startRollout(DEFAULT_PLAN, { rolloutId: 'r2', planDigest: 'd', ceiling: 1, nowMs }, before)
    // What was measured before it comes once more, and the slice that began before it.
    const late = [-60_000, -30_000].map((ago) => uniformSlice(nowMs + ago, 6, { latencyMs: 4000 }))
    const { state } = decide(DEFAULT_PLAN, fresh, { nowMs: nowMs + 5000, slices: late, commands: [], facts: FREE })
    for (const gate of ['p95', 'error_rate', 'score_rate', 'confid_median'] as const)
      expect(state.gates[gate]).toMatchObject({ history: '', breach: null, value: null })
    // Staleness and dead letters are of no model.
    expect(state.gates.staleness.history).toBe(before.gates.staleness.history)
  })
})

describe('a restart', () => {
  it('at any event changes nothing but good time: the same decisions, each at most as late as it took', () => {
    const story: Story = {
      measured: (sinceMs) => ({ latencyMs: sinceMs >= 4.2 * HOUR && sinceMs < 4.5 * HOUR ? 1600 : 20 }),
      commands: (sinceMs) =>
        sinceMs === 1.5 * HOUR
          ? [say('pause')]
          : sinceMs === 2 * HOUR
            ? [say('resume')]
            : sinceMs === 5.9 * HOUR
              ? [say('preview')]
              : [],
    }
    const waits = new Set(['soak', 'hold', 'pause', 'await_approval'])
    const events = (told: readonly Told[]) =>
      told
        .filter(({ outcome }) => !waits.has(outcome.decision) || outcome.effects.length > 0)
        .map(({ sinceMs, outcome }) => ({
          sinceMs,
          said: `${outcome.decision} ${outcome.effects.map(({ kind }) => kind).join()}`,
        }))
    const plain = events(run(story, 6 * HOUR).told)
    expect(plain.length).toBeGreaterThan(4)
    for (const { sinceMs: from } of plain) {
      // Three ticks are missing; the slices are there afterwards.
      const missing = (sinceMs: number) => sinceMs > from && sinceMs <= from + 15_000
      const again = events(run({ ...story, down: missing }, 6 * HOUR).told)
      expect(again.map(({ said }) => said)).toEqual(plain.map(({ said }) => said))
      again.forEach(({ sinceMs }, at) => {
        expect(sinceMs - (plain[at]?.sinceMs ?? 0)).toBeGreaterThanOrEqual(0)
        expect(sinceMs - (plain[at]?.sinceMs ?? 0)).toBeLessThanOrEqual(20_000)
      })
    }
  })

  it('at any time changes nothing but good time', () => {
    for (const from of [HOUR, 4 * HOUR + MINUTE, 4.9 * HOUR]) {
      const away = (sinceMs: number) => sinceMs >= from && sinceMs < from + 20 * MINUTE
      const { state, told } = run({ away }, 5.8 * HOUR)
      expect(told.some(({ outcome }) => outcome.decision === 'rollback' || outcome.decision === 'preview_only')).toBe(false)
      const plain = run({}, 5.8 * HOUR)
      expect(plain.state.phase).toBe('live')
      expect(state.phase).toBe('live')
      expect(state.breaches.total).toBe(0)
      expect(state.tally.fromMs).toBeGreaterThanOrEqual(plain.state.tally.fromMs)
    }
  })

  it('does not save a rollout from a breach: the hold runs across it', () => {
    const away = (sinceMs: number) => sinceMs >= 4.6 * HOUR && sinceMs < 4.6 * HOUR + 2 * MINUTE
    const { state } = run({ away, measured: (sinceMs) => (sinceMs >= 4.5 * HOUR ? { latencyMs: 2000 } : {}) }, 5 * HOUR)
    expect(state.phase).toBe('rolled_back')
  })
})
