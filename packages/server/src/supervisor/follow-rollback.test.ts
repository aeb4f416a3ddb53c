import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../clock.ts'
import { createLog } from '../log.ts'
import { createFollower, mustReturn, type Follower } from './follow-rollback.ts'
import type { Followed } from './supervisor-contract.ts'

const AT_MS = 1_800_000_000_000
const told = { rollout: 'rollout-9', atMs: AT_MS }
/** What waits for a promise has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve))
const before = { sinceMs: AT_MS - 1 }

describe('what runs gives way', () => {
  it('when it ran as the rollout was rolled back, also when both were in one millisecond', () => {
    expect(mustReturn(told, before, null)).toBe(true)
    expect(mustReturn(told, { sinceMs: AT_MS }, null)).toBe(true)
  })

  it('not when it was begun after that: it is the wish of somebody who knew', () => {
    expect(mustReturn(told, { sinceMs: AT_MS + 1 }, null)).toBe(false)
  })

  it('once for each rollout, and again only when that was broken off, at most three times', () => {
    const followed = (rollout: string, tries: number, over: boolean): Followed => ({ rollout, tries, over })
    expect(mustReturn(told, before, followed('rollout-9', 1, true))).toBe(false)
    expect(mustReturn(told, before, followed('rollout-9', 2, false))).toBe(true)
    expect(mustReturn(told, before, followed('rollout-9', 3, false))).toBe(false)
    expect(mustReturn(told, before, followed('rollout-8', 3, false))).toBe(true)
    // One who lags behind tells of the rollback before the last.
    expect(mustReturn(told, before, followed('rollout-10', 1, true))).toBe(false)
  })
})

describe('the supervisor', () => {
  let clock: ManualClock
  let disk: Followed | null
  let asked: { rollout: string; end(exitCode: number | null): void; signal: AbortSignal }[]
  let release: { sinceMs: number }
  beforeEach(() => {
    clock = new ManualClock(AT_MS)
    disk = null
    asked = []
    release = before
  })
  /** As after a start: it knows what is on disk. */
  const started = (): Follower =>
    createFollower({
      release: () => release,
      followed: () => disk,
      keep: (followed) => (disk = followed),
      returnRelease: (rollout, _tell, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(null))
          asked.push({ rollout, end: resolve, signal })
        }),
      clock,
      log: createLog('test', 'silent'),
    })
  const health = { ok: true, pid: 1, rolledBack: told }

  it('has it returned when any process tells of a rollback, one at a time, and not again when it is over', async () => {
    const follower = started()
    follower.hear({ ok: true, pid: 1 })
    follower.hear({ ok: true, pid: 1, rolledBack: { rollout: 'rollout-9' } })
    expect(asked).toEqual([])
    follower.hear(health)
    // On disk before it begins.
    expect(disk).toEqual({ rollout: 'rollout-9', tries: 1, over: false })
    follower.hear(health)
    expect(asked.map(({ rollout }) => rollout)).toEqual(['rollout-9'])
    asked[0]?.end(0)
    await settled()
    await clock.advance(60_000)
    expect(disk).toEqual({ rollout: 'rollout-9', tries: 1, over: true })
    follower.hear(health)
    started().hear(health)
    expect(asked).toHaveLength(1)
    follower.hear({ ...health, rolledBack: { rollout: 'rollout-10', atMs: AT_MS + 5 } })
    expect(asked.map(({ rollout }) => rollout)).toEqual(['rollout-9', 'rollout-10'])
  })

  it('does not repeat what failed and was told, and repeats what was killed before it could tell', async () => {
    const follower = started()
    for (const ended of [null, 70]) {
      follower.hear(health)
      asked.at(-1)?.end(ended)
      await settled()
      await clock.advance(9_000)
      const count = asked.length
      follower.hear(health)
      expect(asked).toHaveLength(count)
      await clock.advance(1_000)
    }
    follower.hear(health)
    expect(asked).toHaveLength(3)
    asked.at(-1)?.end(1)
    await settled()
    await clock.advance(60_000)
    follower.hear(health)
    expect(asked).toHaveLength(3)
    expect(disk).toEqual({ rollout: 'rollout-9', tries: 3, over: true })
  })

  it('that stops in the middle ends it, and the next one begins it again', async () => {
    const follower = started()
    follower.hear(health)
    await follower.stop()
    expect(asked[0]?.signal.aborted).toBe(true)
    follower.hear(health)
    expect(asked).toHaveLength(1)
    started().hear(health)
    expect(asked).toHaveLength(2)
    expect(disk).toEqual({ rollout: 'rollout-9', tries: 2, over: false })
  })

  it('leaves alone what was deployed while it was told of the rollback', () => {
    const follower = started()
    release = { sinceMs: AT_MS + 1 }
    follower.hear(health)
    expect([asked, disk]).toEqual([[], null])
  })
})
