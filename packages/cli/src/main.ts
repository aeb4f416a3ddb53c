import { Command, CommanderError } from 'commander'
import { ConfigError, VERSION } from '@spark/server/config'
import { StorageError } from '@spark/server/storage/storage-error'
import { ApiError, UnreachableError } from '@spark/contract/client'
import { auditCommands } from './commands/audit.ts'
import { doctorCommand } from './commands/doctor.ts'
import { importCommand } from './commands/import.ts'
import { keysCommands } from './commands/keys.ts'
import { preflightCommand } from './commands/preflight.ts'
import { replayCommand } from './commands/replay.ts'
import { restartCommand } from './commands/restart.ts'
import { killCommands } from './commands/kill.ts'
import { statusCommand } from './commands/status.ts'
import { strategiesCommands } from './commands/strategies.ts'
import { tradingCommands } from './commands/trading.ts'
import { upCommand } from './commands/up.ts'
import { CheckFailed, WrongUsage, processOutput } from './output.ts'

const output = processOutput()
const program = new Command('spark')
  .description('Progressive delivery for trading signals.')
  .version(VERSION)
  .showHelpAfterError('(spark COMMAND --help shows an example)')
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 a check did not hold or could not run, 2 wrong usage.\nSettings are environment variables: spark doctor lists them all.',
  )

for (const add of [
  upCommand,
  restartCommand,
  statusCommand,
  doctorCommand,
  preflightCommand,
  importCommand,
  replayCommand,
  auditCommands,
  strategiesCommands,
  tradingCommands,
  killCommands,
  keysCommands,
])
  add(program, output)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof CheckFailed) {
    if (error.message !== '') output.note(error.message)
    return 1
  }
  const known = error instanceof StorageError || error instanceof ApiError || error instanceof UnreachableError
  if (known) {
    output.note(`spark: ${error.message}`)
    return 1
  }
  if (error instanceof WrongUsage || error instanceof ConfigError) {
    output.note(`spark: ${error.message}`)
    return 2
  }
  output.note(`spark: defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return 70
}
