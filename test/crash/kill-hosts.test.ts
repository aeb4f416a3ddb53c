import { expect, it } from 'vitest'
import { FAULTS, hostsUnderLoad } from './hosts-under-load.ts'

it('two minutes of three apis and two executors on one PostgreSQL that are killed, paused and cut off: nothing lost, nothing doubled, nothing stale', async () => {
  const figures = await hostsUnderLoad({ forMs: 120_000, pauseMaxMs: 60_000, seed: 2 })
  console.log(JSON.stringify(figures))
  expect(figures.problems).toEqual([])
  expect(figures.answered).toBeGreaterThan(500)
  expect(figures.orders).toBeGreaterThan(5)
  expect(FAULTS.filter((name) => figures.faults[name] === 0)).toEqual([])
  expect(figures.takenOver).toBeGreaterThan(0)
  expect(figures.epochs).toBeGreaterThan(0)
}, 600_000)
