import { CommanderError } from 'commander'
import { ConfigError } from '@spark/server/config'
import { StorageError } from '@spark/server/storage/storage-error'
import { ApiError, UnreachableError } from '@spark/contract/client'
import { CheckFailed, Refused, WrongUsage, processOutput } from './output.ts'
import { EXIT_CONFIG } from '@spark/server/process-life'
import { createProgram } from './program.ts'

const output = processOutput()

try {
  const program = await createProgram(output, process.argv.slice(2))
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
  if (error instanceof Refused) {
    output.note(`spark: ${error.message}`)
    return EXIT_CONFIG
  }
  if (error instanceof WrongUsage || error instanceof ConfigError) {
    output.note(`spark: ${error.message}`)
    return 2
  }
  output.note(`spark: defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return 70
}
