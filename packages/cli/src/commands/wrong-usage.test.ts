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
  ['rehearse --feed ccxt:binance', '--feed ccxt:binance: must be sim; candles of files come by --data'],
  ['rehearse --feed sim --data x', '--feed and --data: give one of them'],
  ['rehearse --speed 10', '--speed goes with --data'],
  ['rehearse --data x --speed 0', '--speed 0: must be a number above 0, at most 1000000'],
  ['rehearse --faults x --random-faults 1', '--faults and --random-faults: give one of them'],
  ['rehearse --faults /nowhere/faults.yaml', '--faults /nowhere/faults.yaml: cannot be read'],
  ['rehearse --random-faults 0', '--random-faults 0: must be a whole number from 1 to 1000'],
  ['rehearse --seed 1.5', '--seed 1.5: must be a whole number from 0 to 4294967295'],
  ['rehearse --ceiling 5%', '--ceiling 5%: must be a share from 0.1 to 1.0, or 10% to 100%'],
  ['rehearse --expect good', '--expect good: must be one of done, rolled_back'],
  ['rehearse --html /nowhere/x.html', '--html /nowhere/x.html: its folder is missing or cannot be written'],
])('spark %s is refused before anything is done: %s', async (line, problem) => {
  const args = line.split(' ')
  const program = await createProgram({ line: () => {}, note: () => {}, write: () => Promise.resolve(true) }, args)
  const call = program.parseAsync(args, { from: 'user' })
  await expect(call).rejects.toThrow(WrongUsage)
  await expect(call).rejects.toThrow(problem)
})
