import { expect, it } from 'vitest'
import { FAULTS, hostsUnderLoad } from './hosts-under-load.ts'

const HOUR_MS = 3_600_000

it('an hour of three apis and two executors on one PostgreSQL that are killed, paused and cut off: nothing lost, nothing doubled, nothing stale', async () => {
  const figures = await hostsUnderLoad({
    forMs: Number(process.env['SPARK_TEST_HOSTS_MS'] ?? HOUR_MS),
    pauseMaxMs: 60_000,
    seed: Number(process.env['SPARK_TEST_SEED'] ?? 1),
  })
  console.log(JSON.stringify(figures, null, 1))
  expect(figures.problems).toEqual([])
  expect(figures.answered).toBeGreaterThan(1000)
  expect(figures.orders).toBeGreaterThan(10)
  expect(FAULTS.filter((name) => figures.faults[name] === 0)).toEqual([])
  expect(figures.takenOver).toBeGreaterThan(0)
  expect(figures.epochs).toBeGreaterThan(0)
})
