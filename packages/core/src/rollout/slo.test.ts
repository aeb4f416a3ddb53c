import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordValue } from '../stats/histogram.ts'
import { emptySloCounts, mergeSloCounts, mergeSloSources, sloFigures, type SloCounts } from './slo.ts'

interface Poll {
  kind: 'ok' | 'error' | 'timeout'
  latencyMs: number
  confid: number
}

const poll: fc.Arbitrary<Poll> = fc.record({
  kind: fc.constantFrom('ok' as const, 'error' as const, 'timeout' as const),
  latencyMs: fc.double({ min: 0, max: 8000, noNaN: true }),
  confid: fc.double({ min: 0, max: 1, noNaN: true }),
})

function countsOf(polls: readonly Poll[], stalenessS: number | null = null): SloCounts {
  const counts = emptySloCounts()
  counts.stalenessS = stalenessS
  for (const { kind, latencyMs, confid } of polls) {
    counts.polls[kind] += 1
    recordValue(counts.latencyMs, latencyMs)
    if (kind === 'ok') recordValue(counts.confid, confid)
  }
  return counts
}

describe('SLO figures', () => {
  it('are null without data: no data is never a good figure', () => {
    expect(sloFigures(emptySloCounts(), 0)).toEqual({
      p95_ms: null,
      staleness_s: null,
      error_rate: null,
      ml_score_per_min: null,
      confid_median: null,
      dlq_size: null,
      polls: 0,
    })
  })

  it('of merged slices are those of all polls together, however they were cut', () => {
    fc.assert(
      fc.property(fc.array(poll, { maxLength: 60 }), fc.nat({ max: 60 }), (polls, cut) => {
        const merged = mergeSloCounts(countsOf(polls.slice(0, cut)), countsOf(polls.slice(cut)))
        expect(sloFigures(merged, 300_000)).toEqual(sloFigures(countsOf(polls), 300_000))
      }),
    )
  })

  it('the error rate is the percentage of polls that failed or timed out', () => {
    const polls = (['ok', 'ok', 'error', 'timeout'] as const).map((kind) => ({ kind, latencyMs: 10, confid: 0.6 }))
    expect(sloFigures(countsOf(polls), 60_000)).toMatchObject({ error_rate: 50, ml_score_per_min: 2, polls: 4 })
  })

  it('p95 is beyond a threshold exactly when more than one poll in twenty is', () => {
    const polls = (slow: number) =>
      Array.from({ length: 100 }, (_, index) => ({ kind: 'ok' as const, latencyMs: index < slow ? 1500.1 : 1000, confid: 0.6 }))
    expect(sloFigures(countsOf(polls(5)), 300_000).p95_ms).toBeLessThanOrEqual(1000)
    expect(sloFigures(countsOf(polls(6)), 300_000).p95_ms).toBeGreaterThan(1500)
  })

  it('staleness is that of the newer slice', () => {
    expect(mergeSloCounts(countsOf([], 50), countsOf([], 3)).stalenessS).toBe(3)
    expect(mergeSloCounts(countsOf([], 50), countsOf([])).stalenessS).toBe(50)
  })

  it.each([
    [50, 3, 50],
    [3, 50, 50],
    [null, 3, 3],
    [0, null, 0],
    [null, null, null],
  ])('of sources beside each other, %s and %s s old, staleness is that of the worst', (one, other, worst) => {
    expect(mergeSloSources(countsOf([], one), countsOf([], other)).stalenessS).toBe(worst)
  })
})
