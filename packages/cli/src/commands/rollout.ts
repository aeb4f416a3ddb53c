import type { Command } from 'commander'
import type { Output } from '../output.ts'
import { rolloutReplayCommand } from './rollout-replay.ts'

/** spark rollout: press, watch, react. */
export function rolloutCommands(program: Command, output: Output): void {
  const rollout = program.command('rollout').description('Starts, watches, steers and proves a rollout.')
  rolloutReplayCommand(rollout, output)
}
