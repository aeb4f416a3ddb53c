import { describe, expect, it } from 'vitest'
import { effectiveFloor, exposedShare } from './state.ts'
import { DEFAULT_PLAN, expectedDurationMs } from './plan.ts'
import { HOUR, MINUTE, firstTime, run, type Story, type Told } from './rollout-fixture.ts'
import { successCriteria } from './success.ts'

const say = (kind: 'pause' | 'resume' | 'approve' | 'preview' | 'rollback' | 'kill') => ({ kind, by: 'ada', reason: 'a test' })
const at =
  (timeMs: number, ...commands: ReturnType<NonNullable<Story['commands']>>) =>
  (sinceMs: number) =>
    sinceMs === timeMs ? commands : []
const advances = (story: Story, untilMs: number) =>
  run(story, untilMs)
    .told.filter(({ outcome }) => outcome.decision === 'advance')
    .map(({ sinceMs, outcome }) => [sinceMs, outcome.reasons.at(-1)])

describe('the default plan', () => {
  it('takes 31 hours, and a fault-free rollout is done in little more, step by step', () => {
    expect(expectedDurationMs(DEFAULT_PLAN)).toBe(31 * HOUR)
    const { state, told, effects } = run({}, 31.5 * HOUR)
    expect(state.phase).toBe('done')
    const steps = told.filter(({ outcome }) => outcome.decision === 'advance')
    expect(steps.map(({ outcome }) => outcome.reasons[0])).toEqual([
      '10 % begins',
      '50 % begins',
      '100 % begins',
      '100 % has served its dwell: done',
    ])
    // Five minutes of cover at the start, seconds of sealing at each step.
    expect(steps.at(-1)?.sinceMs).toBeLessThan(31 * HOUR + 10 * MINUTE)
    expect(effects).toEqual(
      [0.1, 0.5, 1].flatMap((share) => [{ kind: 'expose', share }, expect.objectContaining({ kind: 'resolve' })]),
    )
    const missed = successCriteria(state).filter(({ met }) => !met)
    expect(missed.map(({ name }) => name)).toEqual(['balance'])
  })

  it('goes no further than its ceiling, and says so', () => {
    const { state, told } = run({ ceiling: 0.1 }, 8 * HOUR)
    expect(exposedShare(DEFAULT_PLAN, state)).toBe(0.1)
    expect(told.at(-1)?.outcome).toMatchObject({ decision: 'hold', reasons: ['the approved ceiling is 10 %'] })
  })

  it('a preview ceiling exposes nobody', () => {
    expect(run({ ceiling: 0 }, 8 * HOUR).state.phase).toBe('preview')
  })
})

describe('a guard', () => {
  const after = (ms: number, bad: object): Story => ({ measured: (sinceMs) => (sinceMs >= ms ? bad : {}) })
  const live = 4.5 * HOUR

  it('p95 beyond 1500 ms for 15 minutes rolls a live share back', () => {
    const { state, told, effects } = run(after(live, { latencyMs: 2000 }), 6 * HOUR)
    expect(state.phase).toBe('rolled_back')
    const heldMs = (firstTime(told, 'rollback') ?? 0) - live
    // The window of five minutes turns bad after a quarter of a minute; then the hold, then the next tick.
    expect(heldMs).toBeGreaterThanOrEqual(15 * MINUTE)
    expect(heldMs).toBeLessThan(16 * MINUTE + 10_000)
    expect(effects).toContainEqual({ kind: 'fence', mlOff: true, cancel: 'ml', positions: 'handover' })
  })

  it('p95 in preview goes preview-only and slows the polls, once', () => {
    const { state, told } = run(after(HOUR, { latencyMs: 2000 }), 3 * HOUR)
    expect(state.phase).toBe('preview_only')
    expect(state.modifiers).toEqual([{ gate: 'p95', kind: 'poll', amount: 1.5 }])
    expect(told.filter(({ outcome }) => outcome.decision === 'preview_only')).toHaveLength(1)
  })

  it('1500 ms itself is not beyond 1500 ms', () => {
    expect(run(after(live, { latencyMs: 1500 }), 6 * HOUR).state.phase).toBe('live')
  })

  it('one good sample in 15 minutes does not save a p95 breach', () => {
    const story: Story = {
      measured: (sinceMs) => (sinceMs >= live ? { latencyMs: sinceMs === live + 8 * MINUTE ? 10 : 2000 } : {}),
    }
    expect(run(story, 6 * HOUR).state.phase).toBe('rolled_back')
  })

  it('staleness beyond 60 s for 30 minutes rolls back after ping, jobs and clock were looked at', () => {
    const { state, effects } = run(after(live, { stalenessS: 61 }), 6 * HOUR)
    expect(state.phase).toBe('rolled_back')
    expect(effects.flatMap((effect) => (effect.kind === 'triage' ? [effect.move] : []))).toEqual([
      'ping_executor',
      'check_jobs',
      'clock_drift',
    ])
  })

  it('a staleness that nobody knows is no good one', () => {
    expect(run(after(live, { stalenessS: null }), 6 * HOUR).state.phase).toBe('rolled_back')
  })

  it('errors of 3 % for 30 minutes roll back, and the alert names the most frequent', () => {
    // At 10 %: six polls a slice; one error in five slices.
    const story: Story = {
      measured: (sinceMs) => ({ errors: sinceMs >= live && (sinceMs / 30_000) % 5 === 0 ? 1 : 0 }),
      facts: () => ({ topErrors: [{ code: 'http_503', count: 7 }] }),
    }
    const { state, effects } = run(story, 6 * HOUR)
    expect(state.phase).toBe('rolled_back')
    expect(effects.find((effect) => effect.kind === 'alert' && effect.code === 'rollout_rolled_back')).toMatchObject({
      message: expect.stringContaining('most frequent: http_503 × 7'),
    })
  })

  it('four errors in five minutes of a slow stream do not roll back at once', () => {
    const story: Story = { measured: (sinceMs) => ({ errors: sinceMs >= live && sinceMs < live + 4 * 30_000 ? 1 : 0 }) }
    expect(run(story, 5 * HOUR).state.phase).toBe('live')
  })

  it('a storm of errors rolls back without waiting for the hold', () => {
    const { told } = run(after(live, { errors: 4 }), 5.5 * HOUR)
    const heldMs = (firstTime(told, 'rollback') ?? 0) - live
    expect(heldMs).toBeGreaterThan(5 * MINUTE)
    expect(heldMs).toBeLessThan(7 * MINUTE)
  })

  it('six dead letters for an hour go preview-only', () => {
    expect(run(after(live, { deadLetters: 6 }), 6 * HOUR).state.phase).toBe('preview_only')
    expect(run(after(live, { deadLetters: 5 }), 6 * HOUR).state.phase).toBe('live')
  })

  it('a model with a median confidence of 0.44 never reaches 50 %', () => {
    for (const from of [0, 3 * HOUR, live]) {
      const { state, told } = run(after(from, { confid: 0.44 }), 9 * HOUR)
      expect(told.some(({ outcome }) => exposedShare(DEFAULT_PLAN, outcome.state) >= 0.5)).toBe(false)
      expect(state.phase).toBe('preview_only')
    }
  })

  it('a confidence of 0.45 is no breach, but no target either', () => {
    const { state } = run(after(0, { confid: 0.45 }), 9 * HOUR)
    expect(state.phase).toBe('preview')
  })

  it('too few scores for an hour hold and look at the signal', () => {
    const story: Story = {
      slice: (slice, sinceMs) => (sinceMs < live ? slice : { ...slice, due: slice.due * 3 }),
    }
    const { state, told, effects } = run(story, 6 * HOUR)
    expect(state.phase).toBe('live')
    expect(told.at(-1)?.outcome).toMatchObject({
      decision: 'hold',
      reasons: expect.arrayContaining(['the breach of score_rate is not over']),
    })
    expect(effects).toContainEqual({ kind: 'triage', move: 'signal_check', gate: 'score_rate' })
  })

  it('a model that is worse than its baseline is rolled back', () => {
    const { state } = run(
      { facts: (sinceMs) => ({ verdict: sinceMs > 5 * HOUR ? 'worse_than_baseline' : 'unproven' }) },
      6 * HOUR,
    )
    expect(state).toMatchObject({ phase: 'rolled_back', phaseReason: 'the model is worse than the baseline' })
  })

  it('done still rolls back', () => {
    const { state } = run(after(31.5 * HOUR, { latencyMs: 2000 }), 33 * HOUR)
    expect(state.phase).toBe('rolled_back')
  })

  it('pausing does not switch a guard off', () => {
    const { state, told } = run({ ...after(live, { latencyMs: 2000 }), commands: at(4.25 * HOUR, say('pause')) }, 6 * HOUR)
    expect(firstTime(told, 'pause')).toBe(4.25 * HOUR)
    expect(state.phase).toBe('rolled_back')
  })
})

describe('a breach', () => {
  const between = (fromMs: number, toMs: number, bad: object): Story => ({
    measured: (sinceMs) => (sinceMs >= fromMs && sinceMs < toMs ? bad : {}),
  })

  it('ends when its cause ends; the rollout goes on, and the episode is counted as minor', () => {
    const { state, effects } = run(between(HOUR, HOUR + 5 * MINUTE, { latencyMs: 1600 }), 3 * HOUR)
    expect(state.gates.p95.breach).toBeNull()
    expect(state.breaches).toMatchObject({ total: 1, critical: 0, ended: [{ gate: 'p95', worst: expect.closeTo(1595, 0) }] })
    expect(effects).toContainEqual({ kind: 'resolve', code: 'breach', scope: 'gate:p95' })
    expect(run(between(HOUR, HOUR + 5 * MINUTE, { latencyMs: 1600 }), 5 * HOUR).state.phase).toBe('live')
  })

  it('and a lasting warning are alerts of their own, each over when its cause is', () => {
    const { effects } = run(between(HOUR, HOUR + 30 * MINUTE, { latencyMs: 1200 }), 3 * HOUR)
    const about = { code: 'warning', scope: 'gate:p95' }
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'alert', severity: 'yellow', ...about }))
    expect(effects).toContainEqual({ kind: 'resolve', ...about })
  })

  it('three in a step hold until somebody approves', () => {
    const bad: Story = {
      measured: (sinceMs) => (sinceMs < 2 * HOUR && sinceMs % (40 * MINUTE) < 2 * MINUTE ? { latencyMs: 1600 } : {}),
    }
    const held = run(bad, 6 * HOUR)
    expect(held.state).toMatchObject({ phase: 'preview', stepBreaches: 3 })
    expect(held.told.at(-1)?.outcome).toMatchObject({
      decision: 'await_approval',
      reasons: [expect.stringContaining('3 breaches')],
    })
    expect(run({ ...bad, commands: at(6 * HOUR - 5000, say('approve')) }, 6 * HOUR).state.phase).toBe('live')
    // An approval that nobody used in time has expired.
    expect(run({ ...bad, commands: at(2 * HOUR, say('approve')) }, 6 * HOUR).state.phase).toBe('preview')
  })

  it('a lasting warning raises the floor while live, at most to 0.65, and gives it back', () => {
    const { told, state } = run(between(4.1 * HOUR, 4.8 * HOUR, { latencyMs: 1200 }), 6 * HOUR)
    const moves = told.filter(({ outcome }) => outcome.decision === 'counter_move')
    expect(moves.map(({ outcome }) => outcome.reasons[0])).toEqual([
      'the warning of p95 lasts: confidence floor 0.55 → 0.60',
      'the warning of p95 lasts: confidence floor 0.60 → 0.65',
      'p95 is clear: its counter-moves are taken back',
    ])
    expect(effectiveFloor(DEFAULT_PLAN, state.modifiers, 0.55)).toBe(0.55)
  })

  it('that was over before the controller looked again raises nothing, and is told', () => {
    const slow = between(4.1 * HOUR, 4.4 * HOUR, { latencyMs: 1200 })
    const down = (sinceMs: number) => sinceMs >= 4.05 * HOUR && sinceMs < 5 * HOUR
    const { told, effects } = run({ ...slow, down }, 6 * HOUR)
    expect(firstTime(told, 'counter_move')).toBe(null)
    const kinds = effects.filter((effect) => 'code' in effect && effect.code === 'warning').map(({ kind }) => kind)
    expect([kinds[0], kinds.at(-1)]).toEqual(['alert', 'resolve'])
    expect(firstTime(run(slow, 6 * HOUR).told, 'counter_move')).not.toBe(null)
  })

  it('that ends in the tick that goes preview-only gives back its counter-moves in the next one', () => {
    const slow = (sinceMs: number) => (sinceMs >= 4.1 * HOUR && sinceMs < 4.8 * HOUR ? { latencyMs: 1200 } : {})
    const isBack = ({ outcome }: Told) => outcome.reasons.includes('p95 is clear: its counter-moves are taken back')
    const overMs = run({ measured: slow }, 6 * HOUR).told.find(isBack)?.sinceMs ?? 0
    // Dead letters whose hold is completed by the slice that ends the warning.
    const fromMs = overMs - 5000 - HOUR
    const { told, state } = run(
      { measured: (sinceMs) => ({ ...slow(sinceMs), ...(sinceMs >= fromMs && { deadLetters: 9 }) }) },
      6 * HOUR,
    )
    expect(firstTime(told, 'preview_only')).toBe(overMs)
    expect(told.find(isBack)?.sinceMs).toBe(overMs + 5000)
    expect(state.modifiers).toEqual([])
  })

  it('while a counter-move is active nothing advances', () => {
    const { state } = run(between(4.9 * HOUR, 6 * HOUR, { latencyMs: 1200 }), 6 * HOUR)
    expect(state).toMatchObject({ phase: 'live', step: 1 })
    expect(state.modifiers.length).toBeGreaterThan(0)
  })
})

describe('no data', () => {
  it('never advances', () => {
    const { state, told } = run({ measured: () => null }, 8 * HOUR)
    expect(state).toMatchObject({ phase: 'preview', goodMs: 0 })
    expect(told.at(-1)?.outcome.reasons).toContain('too few slices of the last minutes can be judged')
  })

  it('of ten minutes while exposed goes preview-only', () => {
    const { told, state } = run({ measured: (sinceMs) => (sinceMs >= 4.5 * HOUR ? null : {}) }, 5 * HOUR)
    expect(state.phase).toBe('preview_only')
    const blindMs = (firstTime(told, 'preview_only') ?? 0) - 4.5 * HOUR
    expect(blindMs).toBeGreaterThanOrEqual(10 * MINUTE)
    expect(blindMs).toBeLessThan(13 * MINUTE)
    expect(state.phaseReason).toBe('blind for 600 s: too few slices can be judged')
  })

  it('because nobody asks says why nobody does', () => {
    const nobodyAsks = 'nobody asks for scores, whoever would stands still: 2 paused by the drawdown limit'
    const silent = (sinceMs: number) => sinceMs >= 4.5 * HOUR
    const { state, told } = run(
      { measured: (sinceMs) => (silent(sinceMs) ? null : {}), facts: (sinceMs) => (silent(sinceMs) ? { nobodyAsks } : {}) },
      5 * HOUR,
    )
    expect(state).toMatchObject({ phase: 'preview_only', phaseReason: `blind for 600 s: ${nobodyAsks}` })
    expect(told.at(-1)?.outcome.reasons[0]).toBe(nobodyAsks)
  })

  it('polls without answers leave the gates blind, not good', () => {
    const silent: Story = {
      slice: (slice, sinceMs) =>
        sinceMs < HOUR
          ? slice
          : {
              ...slice,
              polls: { ok: 0, error: 0, timeout: 0 },
              latencyMs: { counts: [], max: null },
              confid: { counts: [], max: null },
            },
    }
    const { state } = run(silent, 5 * HOUR)
    expect(state.phase).toBe('preview')
    expect(state.gates.score_rate.breach?.critical).toBe(true)
  })

  it('a slice under a stepped clock says nothing', () => {
    const { state } = run({ slice: (slice) => ({ ...slice, unclocked: true }) }, 5 * HOUR)
    expect(state).toMatchObject({ phase: 'preview', goodMs: 0 })
  })

  it('a closed market adds no good time and no blindness breach by itself', () => {
    const { state } = run(
      { slice: (slice, sinceMs) => (sinceMs >= HOUR && sinceMs < 2 * HOUR ? { ...slice, closed: true } : slice) },
      4.5 * HOUR,
    )
    expect(state.phase).toBe('preview')
    expect(
      run({ slice: (slice, sinceMs) => (sinceMs >= HOUR && sinceMs < 2 * HOUR ? { ...slice, closed: true } : slice) }, 5.3 * HOUR)
        .state.phase,
    ).toBe('live')
  })
})

describe('a person', () => {
  it('may go preview-only; returning takes an approval, and goes on with preview when its dwell is unfinished', () => {
    const story: Story = {
      commands: (sinceMs) => (sinceMs === HOUR ? [say('preview')] : sinceMs === 2 * HOUR ? [say('approve')] : []),
    }
    const before = run(story, 2 * HOUR - 5000)
    expect(before.state.phase).toBe('preview_only')
    const after = run(story, 6 * HOUR)
    expect(after.state).toMatchObject({ phase: 'live', step: 1 })
    expect(firstTime(after.told, 'advance')).toBe(2 * HOUR)
  })

  it('who returns from a live share begins again at 10 %', () => {
    const story: Story = {
      commands: (sinceMs) => (sinceMs === 5.5 * HOUR ? [say('preview')] : sinceMs === 6 * HOUR ? [say('approve')] : []),
    }
    const { state, effects } = run(story, 6.1 * HOUR)
    expect(effects.filter(({ kind }) => kind === 'fence')).toEqual([
      { kind: 'fence', mlOff: false, cancel: 'ml', positions: 'handover' },
    ])
    expect(state).toMatchObject({ phase: 'live', step: 1 })
  })

  it('promote skips the dwell, never a breach or blindness', () => {
    const promote = { kind: 'promote', by: 'ada', reason: '', share: 0.5 } as const
    expect(advances({ ceiling: 0, commands: at(HOUR, promote) }, HOUR + MINUTE)).toEqual([[HOUR, '10 % begins']])
    expect(advances({ ceiling: 0, commands: at(HOUR, promote), measured: () => ({ latencyMs: 1600 }) }, HOUR + MINUTE)).toEqual(
      [],
    )
    expect(advances({ ceiling: 0, commands: at(MINUTE, promote) }, 2 * MINUTE)).toEqual([])
  })

  it('an override takes two people, and waives what an approval or a target would', () => {
    const override = (second: string) => ({ kind: 'override', by: 'ada', reason: 'we know why', second }) as const
    const warned: Story = { measured: () => ({ confid: 0.5 }) }
    expect(advances({ ...warned, commands: at(HOUR, override('Ada ')) }, 2 * HOUR)).toEqual([])
    expect(advances({ ...warned, commands: at(HOUR, override('grace')) }, 2 * HOUR)).toEqual([[HOUR, '10 % begins']])
  })

  it('a ceiling below what is exposed takes exposure back at once', () => {
    const lower = { kind: 'ceiling', by: 'ada', reason: 'deploy', share: 0.1 } as const
    const { state } = run({ commands: at(6 * HOUR, lower) }, 6.1 * HOUR)
    expect(state).toMatchObject({ phase: 'preview_only', ceiling: 0.1 })
  })

  it('rolls back and kills from anywhere; both are final', () => {
    for (const kind of ['rollback', 'kill'] as const) {
      const { state, told } = run({ commands: at(5 * HOUR, say(kind)) }, 9 * HOUR)
      expect(state.phase).toBe(kind === 'kill' ? 'killed' : 'rolled_back')
      expect(told.filter(({ outcome }) => outcome.decision === kind)).toHaveLength(1)
      expect(told.some(({ outcome }) => outcome.decision === 'advance' && outcome.state.step > 1)).toBe(false)
    }
  })

  it('the harshest applies: a breach rolls back although somebody asked for preview only', () => {
    const { told } = run({ measured: (sinceMs) => (sinceMs >= 4.5 * HOUR ? { latencyMs: 2000 } : {}) }, 6 * HOUR)
    const rolledMs = firstTime(told, 'rollback') ?? 0
    const again = run(
      { measured: (sinceMs) => (sinceMs >= 4.5 * HOUR ? { latencyMs: 2000 } : {}), commands: at(rolledMs, say('preview')) },
      6 * HOUR,
    )
    expect(again.state.phase).toBe('rolled_back')
  })
})

describe('what else holds a step', () => {
  it.each([
    [
      'processes that differ',
      { parity: 'api-1 runs build a, executor build b' },
      'the processes differ: api-1 runs build a, executor build b',
    ],
    ['a limit that is not free', { risk: 'kill switch venue:paper' }, 'risk is not free: kill switch venue:paper'],
  ])('%s', (_, facts, reason) => {
    const { state, told } = run({ facts: () => facts }, 5 * HOUR)
    expect(state.phase).toBe('preview')
    expect(told.at(-1)?.outcome.reasons).toContain(reason)
  })

  it('a step that the plan wants proven waits for the proof', () => {
    const steps = DEFAULT_PLAN.steps.map((step) => (step.share === 0.1 ? { ...step, proven: true } : step))
    const plan = { ...DEFAULT_PLAN, steps }
    expect(run({ plan }, 5 * HOUR).state.phase).toBe('preview')
    expect(run({ plan, facts: () => ({ verdict: 'proven' }) }, 5 * HOUR).state.phase).toBe('live')
  })
})
