import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { createLog } from '@spark/server/log'
import { runSupervisor } from '@spark/server/supervisor/run-supervisor'
import type { Output } from '../output.ts'

export function upCommand(program: Command, output: Output): void {
  program
    .command('up')
    .description('Starts api and executor, restarts what dies or hangs, and stops both cleanly on SIGTERM or Ctrl-C.')
    .addHelpText('after', '\nExample:\n  SPARK_DATA_DIR=/var/lib/spark spark up')
    .action(async () => {
      const config = loadConfig()
      const log = createLog('supervisor', config.logLevel)
      output.note(`Spark ${config.version}, build ${config.buildSha.slice(0, 12)}, data in ${config.dataDir}`)
      await runSupervisor(config, process.env, log)
      output.note(
        [
          `Spark is up. API ${config.apiUrl}, documentation ${config.apiUrl}/api/docs, executor ${config.executorUrl}.`,
          `Market: ${config.feed}. Orders: ${config.venueName}, ${config.live ? 'REAL MONEY' : 'no real money'}. ML scoring: ${config.scoring.mode}. Ctrl-C stops.`,
        ].join('\n'),
      )
    })
}
