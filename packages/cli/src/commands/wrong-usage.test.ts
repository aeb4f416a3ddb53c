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
  ['backtest x --floor 1.1', '--floor 1.1: must be a number from 0 to 1'],
  ['backtest x --fee-bps -1', '--fee-bps -1: must be a number from 0 to 1000'],
  ['backtest x --slippage-bps ten', '--slippage-bps ten: must be a number from 0 to 1000'],
  ['backtest x --tf 2h', '--tf 2h: must be one of 1m, 5m'],
  ['backtest x --learn-to soon', '--learn-to soon: '],
  ['backtest x --no-learn --learn-to 2021-01-01', '--learn-to and --no-learn: give one of them'],
  ['optimize x --floors 0.5,2', '--floors 2: must be a number from 0 to 1'],
  ['optimize x --risks none', '--risks none: must be a number from 0.0001 to 1'],
  ['optimize x --folds 0', '--folds 0: must be a whole number from 1 to 100'],
  ['optimize x --profits ' + Array(51).fill('1').join(','), '--profits: more than 50 values'],
  ['backtest x --html /nowhere/x.html', '--html /nowhere/x.html: its folder is missing or cannot be written'],
  ['migrate --to mysql://spark:secret@host/spark', '--to: must be postgres://USER@HOST:PORT/DATABASE'],
  ['migrate --to postgres://host', '--to: must be postgres://USER@HOST:PORT/DATABASE'],
])('spark %s is refused before anything is done: %s', async (line, problem) => {
  const args = line.split(' ')
  const program = await createProgram({ line: () => {}, note: () => {}, write: () => Promise.resolve(true) }, args)
  const call = program.parseAsync(args, { from: 'user' })
  await expect(call).rejects.toThrow(WrongUsage)
  await expect(call).rejects.toThrow(problem)
})
