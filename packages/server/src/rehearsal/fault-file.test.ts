import { readFileSync } from 'node:fs'
import { DEFAULT_PLAN, expectedDurationMs } from '@spark/core/rollout/plan'
import { describe, expect, it } from 'vitest'
import { faultText } from './fault.ts'
import { parseFaultFile, type FaultPlan } from './fault-file.ts'

const MINUTE = 60_000
const EXAMPLE = readFileSync(new URL('../../../../config/faults.example.yaml', import.meta.url), 'utf8')

function parsed(text: string): FaultPlan {
  const plan = parseFaultFile(text, 'faults.yaml')
  if ('problems' in plan) throw new Error(plan.problems.join('\n'))
  return plan
}

function problemsOf(text: string): string[] {
  const plan = parseFaultFile(text, 'faults.yaml')
  return 'problems' in plan ? plan.problems : []
}

describe('a file of faults', () => {
  it('as shipped is right, has the faults it tells of, and all begin within the default plan', () => {
    const { faults, expect: end } = parsed(EXAMPLE)
    expect(end).toBe('rolled_back')
    expect(faults.map(({ kind }) => kind)).toEqual(['feed_gap', 'venue_timeouts', 'crash', 'latency_ramp'])
    for (const { atMs, forMs } of faults) expect(atMs + forMs).toBeLessThan(expectedDurationMs(DEFAULT_PLAN))
  })

  it('gives times in minutes, and the usual strength where none is said', () => {
    expect(parsed('faults:\n  - { kind: latency, atMin: 1.5, forMin: 2 }\n  - { kind: approve, atMin: 3 }\n')).toEqual({
      expect: null,
      faults: [
        { kind: 'latency', atMs: 1.5 * MINUTE, forMs: 2 * MINUTE, strength: 1600 },
        { kind: 'approve', atMs: 3 * MINUTE, forMs: 0, strength: 1 },
      ],
    })
  })

  it.each([
    ['kind: latency, atMin: 1', 'faults.0.forMin is missing; it must be how many minutes latency lasts'],
    ['kind: crash, atMin: 1, forMin: 2', 'faults.0.forMin is 2; it must be left out, crash happens at one moment'],
    ['kind: pause, atMin: 1, forMin: 2, strength: 1', 'faults.0.strength is 1; it must be left out, pause has none'],
    ['kind: error_burst, atMin: 1, forMin: 2, strength: 1.1', 'faults.0.strength is 1.1; it must be 0 to 1 (share of scores)'],
    ['kind: latency, atMin: -1, forMin: 2', 'faults.0.atMin is -1; it must be minutes since the rollout began, 0 to 100000'],
    ['kind: latency, atMin: 1, forMin: 0', 'faults.0.forMin is 0; it must be minutes above 0'],
    ['kind: fire, atMin: 1', 'faults.0.kind is "fire"; it must be one of feed_silence'],
    ['kind: crash, atMin: 1, until: 2', 'faults.0.until'],
  ])('with { %s } is refused with line and rule', (fault, problem) => {
    expect(problemsOf(`faults:\n  - { ${fault} }\n`).join('\n')).toContain(`faults.yaml:2: ${problem}`)
  })

  it('may expect only phases that there are', () => {
    expect(problemsOf('expect: fine\nfaults: []\n')).toEqual([
      expect.stringContaining('faults.yaml:1: expect is "fine"; it must be one of done, rolled_back'),
    ])
  })
})

it.each([
  [{ kind: 'error_burst', strength: 0.03, forMs: 90 * MINUTE }, 'error_burst, 3 % of scores, for 1 h 30 min'],
  [{ kind: 'latency', strength: 1600, forMs: 45_000 }, 'latency, 1600 ms, for 45 s'],
  [{ kind: 'locked_database', strength: 1, forMs: 120 * MINUTE }, 'locked_database, for 2 h'],
  [{ kind: 'crash', strength: 5, forMs: 0 }, 'crash, 5 writes later'],
] as const)('a fault reads as people say it: %o', (fault, text) => {
  expect(faultText({ atMs: 0, ...fault })).toBe(text)
})
