import { expect, it } from 'vitest'
import { killCommands, killSparkKill } from './kill-commands.ts'

/** It changes what other processes work on. All are in the long test. */
const SOME = ['queue.redriven']

it(
  'killed at each of its statements, a command of the api has happened whole or not at all, and its audit event with it',
  { timeout: 240_000 },
  async () => {
    const died = await killCommands(SOME)
    expect(Object.keys(died).sort()).toEqual([...SOME].sort())
    // Begin, at least one change, its event, commit, and after it.
    for (const deaths of Object.values(died)) expect(deaths).toBeGreaterThanOrEqual(5)
  },
)

it(
  'killed at each of its statements, spark kill without the api has set the switch with job and audit event, or nothing',
  { timeout: 240_000 },
  async () => {
    expect(await killSparkKill()).toBeGreaterThanOrEqual(6)
  },
)
