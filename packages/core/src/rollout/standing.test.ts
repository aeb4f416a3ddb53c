import { describe, expect, it } from 'vitest'
import { gateViews, scoresPerMinute } from './gate-view.ts'
import type { Command } from './outcome.ts'
import { DEFAULT_PLAN } from './plan.ts'
import { FREE, HOUR, MINUTE, START_MS, run, type Story } from './rollout-fixture.ts'
import { rolloutSentence } from './sentence.ts'
import { standingOf } from './standing.ts'

function seen(story: Story, untilMs: number, facts = FREE) {
  const { state } = run(story, untilMs)
  const nowMs = START_MS + untilMs
  const standing = standingOf(DEFAULT_PLAN, state, facts, nowMs)
  return {
    state,
    standing,
    sentence: rolloutSentence(DEFAULT_PLAN, state, standing),
    gates: gateViews(DEFAULT_PLAN, state, nowMs),
  }
}
const once =
  (timeMs: number, ...commands: Command[]) =>
  (sinceMs: number) =>
    sinceMs === timeMs ? commands : []
const say = (kind: 'pause' | 'preview' | 'rollback' | 'kill'): Command => ({ kind, by: 'ada', reason: 'a test' })
const after = (ms: number, bad: object): Story => ({ measured: (sinceMs) => (sinceMs >= ms ? bad : {}) })

describe('the sentence', () => {
  it('says of the preview what it waits for, when it goes on, and what would stop it', () => {
    const { standing, sentence } = seen({}, HOUR)
    expect(standing).toMatchObject({ subState: 'soaking', dwell: { neededMs: 4 * HOUR } })
    // Four and a half minutes at the start, and the slice that is not sealed, serve nothing.
    expect(standing.dwell.servedMs).toBe(HOUR - 5 * MINUTE)
    expect(standing.expectedEndMs).toBe(START_MS + 31 * HOUR + 4.5 * MINUTE)
    expect(sentence).toBe(
      'Preview, nobody acts on ML: it waits (185 min more of good time), 10 % at the earliest 2026-01-05 04:04 UTC; ' +
        'staleness > 60 s for 30 min or errors > 2 % for 30 min rolls it back, ' +
        'p95 > 1500 ms for 15 min or median confidence < 0.45 for 3 h or more than 5 dead letters for 1 h makes it preview-only.',
    )
  })

  it('says of a live share since when a limit is broken', () => {
    const { sentence, standing } = seen(after(4.5 * HOUR, { latencyMs: 2000 }), 4.5 * HOUR + 5 * MINUTE)
    expect(standing.subState).toBe('holding')
    expect(sentence).toMatch(/^10 % acts on ML: it waits \(the breach of p95 is not over/)
    expect(sentence).toContain('p95 > 1500 ms, critical since 2026-01-05 04:30 UTC, for 15 min or staleness')
  })

  it.each([
    [
      'rolled_back',
      say('rollback'),
      /^Rolled back at 2026-01-05 01:00 UTC \(rollback by ada: a test\).* not before 2026-01-05 01:30 UTC\.$/,
    ],
    ['killed', say('kill'), /^Killed at 2026-01-05 01:00 UTC/],
    ['preview_only', say('preview'), /^Preview only .*: scored and shown, nobody acts on ML; it waits \(.*approval/],
  ] as const)('says why it is %s', (phase, command, text) => {
    const { state, sentence } = seen({ commands: once(HOUR, command) }, HOUR)
    expect(state.phase).toBe(phase)
    expect(sentence).toMatch(text)
  })

  it('says of what is done that the guards stay armed', () => {
    const { sentence, standing } = seen({}, 31.5 * HOUR)
    expect(standing).toMatchObject({ subState: 'soaking', reasons: [], expectedEndMs: null })
    expect(sentence).toMatch(/^Done: 100 % acts on ML, and the guards stay armed: p95 > 1500 ms for 15 min or .*rolls it back/)
  })
})

describe('the sub-state', () => {
  it('is holding below a ceiling, paused by a person, awaiting approval when that is all that is missing', () => {
    expect(seen({ ceiling: 0 }, 5 * HOUR).standing).toMatchObject({
      subState: 'holding',
      reasons: ['the approved ceiling is preview'],
    })
    expect(seen({ commands: once(HOUR, say('pause')) }, HOUR).standing).toMatchObject({
      subState: 'paused',
      reasons: ['paused by ada'],
    })
    expect(seen({ commands: once(4.5 * HOUR, say('preview')) }, 5 * HOUR).standing).toMatchObject({
      subState: 'awaiting_approval',
      reasons: ['returning from preview-only needs an approval'],
    })
    expect(seen({ commands: once(HOUR, say('rollback')) }, HOUR).standing.subState).toBe('ended')
  })

  it('says what the next tick says', () => {
    for (const hours of [0.5, 4.2, 5.4]) {
      const { told } = run({}, hours * HOUR + 5000)
      const { standing } = seen({}, hours * HOUR)
      const { decision, reasons } = told.at(-1)?.outcome ?? { decision: null, reasons: [] }
      if (decision === 'soak') expect(standing, `${hours} h`).toMatchObject({ subState: 'soaking' })
      expect(standing.reasons.map(withoutNumbers)).toEqual(decision === 'advance' ? [] : reasons.map(withoutNumbers))
    }
  })

  it('an earliest time that has come is the time of the step', () => {
    const { standing } = seen({}, 4 * HOUR)
    const { told } = run({}, 5 * HOUR)
    const advanced = told.find(({ outcome }) => outcome.decision === 'advance')?.sinceMs ?? 0
    const earliest = (standing.dwell.earliestAdvanceMs ?? 0) - START_MS
    expect(advanced - earliest).toBeGreaterThanOrEqual(0)
    // Sealing and two ticks.
    expect(advanced - earliest).toBeLessThan(30_000)
  })
})

const withoutNumbers = (text: string) => text.replaceAll(/\d+/g, 'n')

describe('a gate', () => {
  it('shows value, state, breach and its newest verdicts', () => {
    const { gates } = seen(after(4.5 * HOUR, { latencyMs: 1200, stalenessS: 61 }), 4.6 * HOUR)
    expect(gates.map(({ gate, state }) => [gate, state])).toEqual([
      ['p95', 'warning'],
      ['staleness', 'critical'],
      ['error_rate', 'ok'],
      ['score_rate', 'ok'],
      ['confid_median', 'ok'],
      ['dead_letters', 'ok'],
    ])
    const staleness = gates[1]
    expect(staleness).toMatchObject({
      unit: 's',
      good: 30,
      critical: 60,
      holdS: 1800,
      value: 61,
      breach: { since: START_MS + 4.5 * HOUR + 30_000, critical: false, worst: 61 },
    })
    expect(staleness?.history).toMatch(/^O{29}B{11}$/)
    expect(staleness?.inBreachS).toBe(330)
  })

  it('without data is no good one', () => {
    const { gates } = seen({ measured: (sinceMs) => (sinceMs < HOUR ? {} : null) }, 1.2 * HOUR)
    expect(gates.every(({ state }) => state === 'no_data')).toBe(true)
  })

  it('of the rate is told in scores a minute beside its share', () => {
    expect(scoresPerMinute(DEFAULT_PLAN, seen({}, HOUR).state)).toEqual({
      scored: 12,
      due: 12,
      good: expect.closeTo(10) as number,
      critical: expect.closeTo(5) as number,
    })
    expect(scoresPerMinute(DEFAULT_PLAN, seen({}, MINUTE / 4).state)).toBeNull()
  })

  it('says that nobody watches, and promises nothing, when the controller has not decided for longer than its lease', () => {
    const { state, gates: watched } = seen({}, HOUR)
    const told = (awayMs: number) => {
      const nowMs = state.tickedMs + awayMs
      const standing = standingOf(DEFAULT_PLAN, state, FREE, nowMs)
      return { standing, gates: gateViews(DEFAULT_PLAN, state, nowMs), sentence: rolloutSentence(DEFAULT_PLAN, state, standing) }
    }
    expect(told(30_000).gates).toEqual(watched)
    const { standing, gates, sentence } = told(30_001)
    expect(standing).toMatchObject({
      subState: 'holding',
      reasons: ['the controller has not decided for 30 s'],
      dwell: { earliestAdvanceMs: null },
      expectedEndMs: null,
    })
    expect(gates.map((one) => one.state)).toEqual(gates.map(() => 'no_data'))
    expect(gates.map(({ value }) => value)).toEqual(watched.map(({ value }) => value))
    expect(sentence).toContain('it waits (the controller has not decided for 30 s);')
  })
})
