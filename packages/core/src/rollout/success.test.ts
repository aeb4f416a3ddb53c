import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, run, type Story } from './rollout-fixture.ts'
import { uniformSlice } from './slice-fixture.ts'
import { addDowntime, addHole, addToTally, emptyTally, nextTally, type SliceFacts, type Tally } from './slice.ts'
import type { RolloutState } from './state.ts'
import { successCriteria, unknownText } from './success.ts'

const SLICE_MS = 30_000
const good = (at: number) => uniformSlice(at * SLICE_MS, 60)
const tallyOf = (...slices: SliceFacts[]): Tally =>
  slices.reduce((tally, slice) => addToTally(tally, slice, SLICE_MS), emptyTally(0))
const criterion = (tally: Tally, name: 'staleness' | 'dead_letters') =>
  successCriteria({ tally, stepBreaches: 0 }).find((one) => one.name === name)
const metOf = (tally: Tally) => [criterion(tally, 'staleness')?.met, criterion(tally, 'dead_letters')?.met]

describe('what must hold throughout', () => {
  it('is met when every slice says so, and the figure is the worst of them', () => {
    const tally = tallyOf(good(0), uniformSlice(SLICE_MS, 60, { stalenessS: 29, deadLetters: 1 }), good(2))
    expect(criterion(tally, 'staleness')).toEqual({ name: 'staleness', value: 29, target: '< 30 s throughout', met: true })
    expect(criterion(tally, 'dead_letters')).toMatchObject({ value: 1, met: true })
    expect(metOf(tallyOf(good(0), uniformSlice(SLICE_MS, 60, { stalenessS: 30, deadLetters: 2 })))).toEqual([false, false])
  })

  it('is not met when one slice does not know it, and says for how long', () => {
    const tally = tallyOf(good(0), uniformSlice(SLICE_MS, 60, { stalenessS: null }), good(2))
    expect(criterion(tally, 'staleness')).toMatchObject({ value: 2, met: false, unknownS: 30 })
    expect(criterion(tally, 'dead_letters')).toMatchObject({ value: 0, met: true })
    expect(metOf(tallyOf(good(0), uniformSlice(SLICE_MS, 60, { deadLetters: null })))).toEqual([true, false])
    expect(unknownText(criterion(tally, 'staleness') ?? {})).toBe(' (not known for 30 s)')
  })

  it('is not met by a slice under a stepped clock, and not spoiled by one of a closed market', () => {
    const unknown = uniformSlice(SLICE_MS, 60, { stalenessS: null, deadLetters: null })
    expect(metOf(tallyOf(good(0), { ...good(1), unclocked: true }))).toEqual([false, false])
    expect(metOf(tallyOf(good(0), { ...unknown, closed: true }))).toEqual([true, true])
  })

  it('is not met when a slice never came while the controller watched; while it was down that is said, and is no miss', () => {
    const hole = (tally: Tally, at: number) => addHole(tally, at * SLICE_MS, (at + 1) * SLICE_MS)
    expect(metOf(hole(tallyOf(good(0)), 1))).toEqual([false, false])
    // From the middle of one slice to the middle of the next.
    const down = addDowntime(tallyOf(good(0)), 1.5 * SLICE_MS, 2.5 * SLICE_MS)
    const away = addToTally(hole(down, 1), uniformSlice(2 * SLICE_MS, 60, { stalenessS: null, deadLetters: null }), SLICE_MS)
    expect(criterion(away, 'staleness')).toMatchObject({ met: true, unwatchedS: 60 })
    expect(unknownText(criterion(hole(nextTally(hole(away, 3), 0), 2), 'staleness') ?? {})).toBe(' (controller down for 30 s)')
    expect(unknownText(criterion(hole(away, 3), 'dead_letters') ?? {})).toBe(' (not known for 30 s; controller down for 60 s)')
  })
})

describe('a rollout', () => {
  const full = 7.5 * HOUR
  const criteria = (story: Story, untilMs = 8 * HOUR) => {
    const { state } = run(story, untilMs)
    expect(state).toMatchObject({ phase: 'live', step: 3 })
    return successCriteria(state).filter(({ name }) => name === 'staleness' || name === 'dead_letters')
  }

  it('whose 100 % misses a slice has not held throughout', () => {
    expect(criteria({}).map(({ met }) => met)).toEqual([true, true])
    const missing = criteria({ measured: (sinceMs) => (sinceMs === full ? null : {}) })
    expect(missing).toMatchObject([
      { met: false, unknownS: 30 },
      { met: false, unknownS: 30 },
    ])
  })

  it('whose controller was down for half a minute, for minutes, or for so long that its slices are skipped, is told for how long', () => {
    const away = (minutes: number) => (sinceMs: number) => sinceMs >= full && sinceMs < full + minutes * MINUTE
    expect(criteria({ away: away(0.5) }).map(({ met, unwatchedS }) => [met, unwatchedS])).toEqual([
      [true, 30],
      [true, 30],
    ])
    expect(criteria({ away: away(5) }).map(({ met, unwatchedS }) => [met, unwatchedS])).toEqual([
      [true, 300],
      [true, 300],
    ])
    expect(criteria({ away: away(600) }, 18 * HOUR).map(({ met, unwatchedS }) => [met, unwatchedS])).toEqual([
      [true, 36_000],
      [true, 36_000],
    ])
  })

  it('that began before this was counted goes on without it, byte for byte, also in its next step', () => {
    const holes: Story = { measured: (sinceMs) => (sinceMs % HOUR === 0 ? null : { stalenessS: sinceMs > 2 * HOUR ? 2 : 3 }) }
    const older = ({ tally }: RolloutState): RolloutState['tally'] => {
      const { unknown: _, ...rest } = tally
      return rest
    }
    const now = run(holes, 4.2 * HOUR).state
    const then = run({ ...holes, older: true }, 4.2 * HOUR).state
    expect([now.step, now.tally.unknown === undefined]).toEqual([1, false])
    expect(JSON.stringify(then)).toBe(JSON.stringify({ ...now, tally: older(now) }))
    expect(nextTally(then.tally, 7)).not.toHaveProperty('unknown')
    expect(metOf(then.tally)).toEqual([true, true])
  })
})
