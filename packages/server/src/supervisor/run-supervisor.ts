import { fileURLToPath } from 'node:url'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { EXIT_CONFIG, createProcessLife } from '../process-life.ts'
import { systemRandomness } from '../random.ts'
import { SUPERVISOR, lockWriter } from '../storage/audit/writer-lock.ts'
import { lowerExposure } from './obey-environment.ts'
import { CHILD_LIMITS, keepAlive } from './child.ts'

/**
 * Starts api and executor, watches both, and stops them in reverse. Resolves when both have answered once. Rejects with
 * StorageError `locked` when another Spark runs on the data folder.
 */
export async function runSupervisor(config: Config, env: Record<string, string | undefined>, log: Log): Promise<void> {
  const releaseFolder = lockWriter(config.dataDir, SUPERVISOR)
  const life = createProcessLife(log)
  life.onStop('data folder', releaseFolder)
  await lowerExposure(config, log)
  const deps = {
    clock: systemClock,
    random: systemRandomness,
    log,
    limits: CHILD_LIMITS,
    onRefused(name: string) {
      log.fatal({ child: name }, 'the process refused to start; its reason stands above')
      life.stop('a process refused to start', EXIT_CONFIG)
    },
  }
  const api = keepAlive(
    { name: 'api', entry: entry('api'), semiSpaceMb: 8, healthUrl: `${config.apiUrl}/api/healthz`, env },
    deps,
  )
  life.onStop('api', () => api.stop())
  const executor = keepAlive(
    { name: 'executor', entry: entry('executor'), semiSpaceMb: 2, healthUrl: `${config.executorUrl}/health`, env },
    deps,
  )
  life.onStop('executor', () => executor.stop())
  await Promise.all([api.firstHealthy, executor.firstHealthy])
}

function entry(name: 'api' | 'executor'): string {
  return fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url))
}
