import { expect, it } from 'vitest'
import { WrongUsage } from '../output.ts'
import { createProgram } from '../program.ts'

it.each([
  ['alerts list --state burning', '--state burning: must be one of open, all, firing'],
  ['alerts list --severity green', '--severity green: must be red or yellow'],
  ['alerts list --limit 0', '--limit 0: must be'],
  ['alerts ack x', 'x is no id of an alert'],
  ['alerts snooze 1 0 --reason r', '0: minutes must be a whole number from 1 to 10080'],
  ['alerts snooze 1 10081 --reason r', '10081: minutes must be'],
  ['alerts snooze 1 1e3 --reason r', '1e3: minutes must be'],
  ['alert-monitor --every 0', '--every 0: must be a whole number of seconds from 1 to 3600'],
  ['alert-monitor --every 3601', '--every 3601'],
  ['alert-monitor --json', '--json goes with --once'],
  ['monitor --every 0', '--every 0: must be a whole number from 1 to 3600'],
  ['monitor --width 39', '--width 39: must be a whole number from 40 to 1000'],
])('spark %s is refused before anything is done: %s', async (line, problem) => {
  const program = createProgram({ line: () => {}, note: () => {}, write: () => Promise.resolve(true) })
  const call = program.parseAsync(['node', 'spark', ...line.split(' ')])
  await expect(call).rejects.toThrow(WrongUsage)
  await expect(call).rejects.toThrow(problem)
})
