import { flushCompileCache } from 'node:module'
import { checkGolden } from '@spark/core/signal/golden'
import { GOLDEN } from '@spark/core/signal/golden-file'
import type { Clock } from './clock.ts'
import { ConfigError, loadConfig, type Config } from './config.ts'
import { startFolderClock } from './folder-clock.ts'
import { createLog, createRecentLines, type Log, type RecentLines } from './log.ts'
import { EXIT_CONFIG, READY, createProcessLife, type ProcessLife } from './process-life.ts'
import { processName } from './process-name.ts'

export interface Started {
  config: Config
  /** In the audit, in reports and in figures. */
  processName: string
  /** The time of the data folder. */
  clock: Clock
  log: Log
  /** What this process logged last of what is not well. */
  recent: RecentLines
  life: ProcessLife
}

/** What api and executor do first alike: settings, log, and the proof that this build scores as the golden file says. */
export async function startProcess(local: string, run: (started: Started) => Promise<void>): Promise<void> {
  let config: Config
  try {
    config = loadConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    createLog(local, 'info').fatal({ problems: error.problems }, 'the configuration is wrong; mend it and start again')
    process.exitCode = EXIT_CONFIG
    return
  }
  const recent = createRecentLines()
  const name = processName(config, local)
  const log = createLog(name, config.logLevel, recent)
  for (const warning of config.warnings) log.warn(warning)
  const life = createProcessLife(log)
  const difference = checkGolden(GOLDEN)
  if (difference !== null) {
    log.fatal({ difference }, 'this build scores differently from its golden file; refusing to serve')
    life.stop('golden file mismatch', EXIT_CONFIG)
    return
  }
  try {
    await run({ config, processName: name, clock: startFolderClock(config, false), log, recent, life })
    // Now, not at the end: a killed process would leave nothing for its successor.
    flushCompileCache()
    // The supervisor knows at once that this start succeeded; its next health probe may come too late to see a short life.
    process.send?.(READY)
  } catch (error) {
    if (error instanceof ConfigError) {
      log.fatal({ problems: error.problems }, 'Spark refuses to start like this; mend it and start again')
      life.stop('refused', EXIT_CONFIG)
      return
    }
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    log.fatal(
      { err: error },
      taken ? 'could not start: the port is taken; end the other process or choose another port' : 'could not start',
    )
    life.stop('start failed', 1)
  }
}
