import type { Command } from 'commander'
import { ConfigError, loadConfig, type Config } from '@spark/server/config'
import { createLog, type Log } from '@spark/server/log'
import { runSupervisor } from '@spark/server/supervisor/run-supervisor'
import { CheckFailed, Refused, type Output } from '../output.ts'

export function upCommand(program: Command, output: Output): void {
  program
    .command('up')
    .description('Starts api and executor, restarts what dies or hangs, and stops both cleanly on SIGTERM or Ctrl-C.')
    .addHelpText('after', '\nExample:\n  SPARK_DATA_DIR=/var/lib/spark spark up')
    .action(async () => {
      const config = loadConfig()
      const log = createLog('supervisor', config.logLevel)
      output.note(`Spark ${config.version}, build ${config.buildSha.slice(0, 12)}, data in ${config.dataDir}`)
      const { workers } = await supervise(config, log)
      output.note(
        [
          `Spark is up. API ${config.apiUrl}, documentation ${config.apiUrl}/api/docs, executor ${config.executorUrl}.`,
          `Workers of the API: ${workers.join(', ')}.`,
          `Market: ${config.feed}. Orders: ${config.venueName}, ${config.live ? 'REAL MONEY' : 'no real money'}. ML scoring: ${config.scoring.mode}. Ctrl-C stops.`,
        ].join('\n'),
      )
    })
}

async function supervise(config: Config, log: Log): Promise<{ workers: string[] }> {
  try {
    return await runSupervisor(config, process.env, log)
  } catch (error) {
    if (error instanceof ConfigError) throw new Refused(error.message)
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new CheckFailed(`spark: port ${config.apiPort} of ${config.host} is taken; end the other process or set SPARK_API_PORT`)
  }
}
