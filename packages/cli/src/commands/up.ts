import type { Command } from 'commander'
import { systemClock } from '@spark/server/clock'
import { ConfigError, ROOT_DIR, loadConfig, type Config } from '@spark/server/config'
import { buildDashboard } from '@spark/server/dashboard/build-dashboard'
import { createLog, type Log } from '@spark/server/log'
import { runSupervisor } from '@spark/server/supervisor/run-supervisor'
import { returnReleaseBy } from '../deploy/return-release.ts'
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
      const page = buildPage()
      const { workers } = await supervise(config, log)
      output.note(
        [
          `Spark is up. Dashboard ${config.apiUrl}, documentation ${config.apiUrl}/api/docs, executor ${config.executorUrl}.`,
          `Workers of the API: ${workers.join(', ')}.`,
          `Market: ${config.feed}. Orders: ${config.venueName}, ${config.live ? 'REAL MONEY' : 'no real money'}. ML scoring: ${config.scoring.mode}. Ctrl-C stops.`,
        ].join('\n'),
      )
      const said = await page
      if (said !== null) output.note(said)
    })
}

/** Beside the start, which does not wait for it. Resolves with what there is to say. */
async function buildPage(): Promise<string | null> {
  const beganMs = systemClock.monotonicMs()
  try {
    const { built } = await buildDashboard(ROOT_DIR)
    return built ? `The dashboard was built in ${((systemClock.monotonicMs() - beganMs) / 1000).toFixed(1)} s.` : null
  } catch (error) {
    return `The dashboard could not be built, everything else works; where the code is read-only, npm run dashboard builds it beforehand: ${(error as Error).message}`
  }
}

async function supervise(config: Config, log: Log): Promise<{ workers: string[] }> {
  try {
    return await runSupervisor(config, process.env, log, returnReleaseBy(process.env))
  } catch (error) {
    if (error instanceof ConfigError) throw new Refused(error.message)
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new CheckFailed(`spark: port ${config.apiPort} of ${config.host} is taken; end the other process or set SPARK_API_PORT`)
  }
}
