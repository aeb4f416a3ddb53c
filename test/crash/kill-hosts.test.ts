import { expect, it } from 'vitest'
import { hostsUnderLoad } from './hosts-under-load.ts'

it('two minutes of three apis and two executors on one PostgreSQL that are killed, paused and cut off: nothing lost, nothing doubled, nothing stale', async () => {
  const figures = await hostsUnderLoad({ forMs: 120_000, pauseMaxMs: 60_000, seed: 2 })
  expect(figures.problems).toEqual([])
  expect(figures.answered).toBeGreaterThan(500)
  expect(figures.orders).toBeGreaterThan(5)
}, 600_000)
