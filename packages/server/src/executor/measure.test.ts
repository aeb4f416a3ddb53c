import { describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { startMeasure, type LateOutcomes, type SealedSlice } from './measure.ts'

const START = 1_700_000_010_000 - (1_700_000_010_000 % 30_000)

function setUp(options: { failing?: () => boolean } = {}) {
  const clock = new ManualClock(START)
  const sealed: SealedSlice[] = []
  const lost: number[] = []
  const told: LateOutcomes[] = []
  const measure = startMeasure({
    clock,
    stalenessS: () => 7,
    dlqSize: () => 2,
    seal: async (slice) => {
      if (options.failing?.() === true) throw new Error('the disk is full')
      if (sealed.some((one) => one.sliceTs === slice.sliceTs)) return false
      sealed.push(slice)
      return true
    },
    onLost: (slice) => void lost.push(slice.sliceTs),
    onLate: (late) => void told.push(late),
  })
  return { clock, sealed, lost, told, measure }
}

describe('measurement', () => {
  it('seals a slice 5 s after its end, not before', async () => {
    const { clock, sealed, measure } = setUp()
    measure.record({ dueMs: START + 1000, kind: 'ok', latencyMs: 12, confid: 0.6 })
    await clock.advance(34_999)
    expect(sealed).toEqual([])
    await clock.advance(1)
    expect(sealed).toHaveLength(1)
    expect(sealed[0]).toMatchObject({
      sliceTs: START,
      counts: { polls: { ok: 1, error: 0, timeout: 0 }, stalenessS: 7, dlqSize: 2 },
    })
  })

  it('counts a poll in the slice it was due in, also when its answer comes up to 5 s after the end', async () => {
    const { clock, sealed, measure } = setUp()
    await clock.advance(31_000)
    measure.record({ dueMs: START + 29_999, kind: 'timeout', latencyMs: 5000, confid: null })
    measure.record({ dueMs: START + 30_000, kind: 'ok', latencyMs: 5, confid: 0.6 })
    await clock.advance(35_000)
    expect(sealed.map((slice) => slice.counts.polls)).toEqual([
      { ok: 0, error: 0, timeout: 1 },
      { ok: 1, error: 0, timeout: 0 },
    ])
  })

  it('seals empty slices too: silence is a measurement', async () => {
    const { clock, sealed } = setUp()
    await clock.advance(125_000)
    expect(sealed.map((slice) => slice.sliceTs)).toEqual([START, START + 30_000, START + 60_000, START + 90_000])
  })

  it('keeps slices while storage fails and stores them in order afterwards', async () => {
    let failing = true
    const { clock, sealed, lost } = setUp({ failing: () => failing })
    await clock.advance(100_000)
    expect(sealed).toEqual([])
    failing = false
    await clock.advance(30_000)
    expect(sealed.map((slice) => slice.sliceTs)).toEqual([START, START + 30_000, START + 60_000, START + 90_000])
    expect(lost).toEqual([])
  })

  it('says which slices it gave up after 15 minutes of failing storage', async () => {
    const { clock, lost } = setUp({ failing: () => true })
    await clock.advance(20 * 60_000)
    expect(lost[0]).toBe(START)
    expect(lost.length).toBeGreaterThan(5)
  })

  it('leaves out a poll whose slice is sealed already, and does not open that slice again', async () => {
    const { clock, sealed, measure } = setUp()
    await clock.advance(35_001)
    measure.record({ dueMs: START + 29_000, kind: 'timeout', latencyMs: 5000, confid: null })
    await clock.advance(90_000)
    expect(sealed.map((slice) => slice.sliceTs)).toEqual([START, START + 30_000, START + 60_000, START + 90_000])
    expect(sealed.every((slice) => slice.counts.polls.timeout === 0)).toBe(true)
  })

  it('counts what comes after its slice was sealed, in no slice, and tells of it once a slice', async () => {
    const { clock, sealed, told, measure } = setUp()
    await clock.advance(35_001)
    for (const kind of ['timeout', 'timeout', 'error'] as const)
      measure.record({ dueMs: START + 29_000, kind, latencyMs: 5000, confid: null })
    expect([measure.late(), told]).toEqual([{ ok: 0, error: 1, timeout: 2 }, []])
    await clock.advance(120_000)
    expect(told).toEqual([{ ok: 0, error: 1, timeout: 2 }])
    expect(sealed.every(({ counts }) => counts.polls.timeout + counts.polls.error === 0)).toBe(true)
    measure.record({ dueMs: START, kind: 'ok', latencyMs: 1, confid: 0.6 })
    await measure.stop()
    expect(told.at(-1)).toEqual({ ok: 1, error: 1, timeout: 2 })
  })

  it('measures anew when the clock goes back over time that is sealed: the first slice is marked, the next is good', async () => {
    const { clock, sealed, measure } = setUp()
    await clock.advance(125_000)
    clock.step(-90_000)
    // As the controller does it: what was measured at these times the first time says nothing of the second.
    sealed.length = 0
    await clock.advance(25_000)
    measure.record({ dueMs: clock.nowMs() + 1000, kind: 'ok', latencyMs: 1, confid: 0.6 })
    await clock.advance(66_000)
    expect(sealed.map(({ sliceTs, counts }) => [sliceTs, counts.clockSteps, counts.polls.ok])).toEqual([
      [START + 60_000, 1, 1],
      [START + 90_000, 0, 0],
    ])
  })

  it('stores what has ended when it stops, and measures nothing afterwards', async () => {
    const { clock, sealed, measure } = setUp()
    measure.record({ dueMs: START + 1000, kind: 'ok', latencyMs: 1, confid: 0.6 })
    await clock.advance(31_000)
    await measure.stop()
    measure.record({ dueMs: START + 31_000, kind: 'ok', latencyMs: 1, confid: 0.6 })
    await clock.advance(120_000)
    expect(sealed.map((slice) => [slice.sliceTs, slice.counts.polls.ok])).toEqual([[START, 1]])
  })
})
