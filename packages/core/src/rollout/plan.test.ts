import { describe, expect, it } from 'vitest'
import { DEFAULT_PLAN, planProblems, type RolloutPlan } from './plan.ts'

describe('a plan', () => {
  it('of the defaults is in order', () => {
    expect(planProblems(DEFAULT_PLAN)).toEqual([])
  })

  const step = (share: number) => ({ name: 'x', share, dwellMs: 60_000, approval: false, proven: false })
  it.each<[string, Partial<RolloutPlan>, string]>([
    ['that begins with exposure', { steps: [step(0.1), step(1)] }, 'steps[0].share must be 0: every rollout begins in preview'],
    ['that never exposes anybody', { steps: [step(0)] }, 'steps must hold preview and at least one share'],
    ['whose share falls', { steps: [step(0), step(0.5), step(0.1)] }, 'steps[2].share is 0.1; shares rise, up to 1'],
    ['beyond the whole', { steps: [step(0), step(1.5)] }, 'steps[1].share is 1.5; shares rise, up to 1'],
    [
      'with a dwell below one slice',
      { steps: [step(0), { ...step(1), dwellMs: 1000 }] },
      'steps[1].dwell is 1000 ms; at least one slice, 30000 ms',
    ],
    [
      'whose critical level is the better one',
      { gates: { ...DEFAULT_PLAN.gates, confid_median: { good: 0.45, critical: 0.55, holdMs: 60_000 } } },
      'gates.confid_median: good is 0.45 and critical 0.55; good is the better one',
    ],
    [
      'with a level that is no number',
      { gates: { ...DEFAULT_PLAN.gates, p95: { good: Number.NaN, critical: 1500, holdMs: 60_000 } } },
      'gates.p95: good is NaN and critical 1500; good is the better one',
    ],
    [
      'with a hold below one slice',
      { gates: { ...DEFAULT_PLAN.gates, p95: { good: 1000, critical: 1500, holdMs: 0 } } },
      'gates.p95.hold is 0 ms; at least one slice, 30000 ms',
    ],
  ])('%s is refused', (_, change, problem) => {
    expect(planProblems({ ...DEFAULT_PLAN, ...change })).toContain(problem)
  })
})
