import { describe, expect, it } from 'vitest'
import type { Member } from './exposure.ts'
import { DEFAULT_PLAN } from './plan.ts'
import { HOUR, START_MS, run } from './rollout-fixture.ts'
import { startProblems, type StartFacts } from './start.ts'

const members = (count: number, canary: number, capital = '1000'): Member[] =>
  Array.from({ length: count }, (_, at) => ({ strategyId: `s${at}`, capital, canary: at < canary }))
const facts = (change: Partial<StartFacts> = {}): StartFacts => ({
  plan: DEFAULT_PLAN,
  ranked: members(120, 12),
  pollIntervalMs: 60_000,
  before: null,
  nowMs: START_MS,
  ...change,
})

describe('a start', () => {
  it('of the defaults is allowed', () => {
    expect(startProblems(facts())).toEqual([])
  })

  it('whose first step would expose nobody is refused with the arithmetic', () => {
    expect(startProblems(facts({ ranked: members(5, 5) }))).toEqual([
      'the step 10 % would expose nobody: 0.1 × 5 strategies = 0.5, 0.1 × 5000 of capital = 500, and the first in line, s0, has 1000',
    ])
  })

  it('whose gates could never be judged is refused with the arithmetic', () => {
    expect(startProblems(facts({ pollIntervalMs: 7_200_000 }))[0]).toBe(
      'the gates of preview could never be judged: 12 strategies × 300 s / 7200 s poll interval = 0.50 polls in a window, at least 1',
    )
  })

  it('without a strategy on the canary stream is refused', () => {
    expect(startProblems(facts({ ranked: members(120, 0) }))[0]).toContain('no strategy is on the canary stream')
  })

  it('while another one is under way, or cools down, or is killed, is refused', () => {
    const ended = (kind: 'rollback' | 'kill', atMs: number) =>
      run({ commands: (sinceMs) => (sinceMs === atMs ? [{ kind, by: 'ada', reason: '' }] : []) }, HOUR).state
    const under = (before: StartFacts['before'], sinceMs: number) => startProblems(facts({ before, nowMs: START_MS + sinceMs }))
    expect(under(run({}, HOUR).state, HOUR)[0]).toContain('under way')
    expect(under(ended('rollback', HOUR), HOUR + 60_000)[0]).toBe(
      'the rollout before was rolled back; after a cool-down of 30 min it may start in 29 min',
    )
    expect(under(ended('rollback', HOUR), 1.5 * HOUR)).toEqual([])
    expect(under(ended('kill', HOUR), 9 * HOUR)[0]).toContain('kill switch')
  })
})
