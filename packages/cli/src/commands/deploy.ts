import type { Command } from 'commander'
import { ApiError, UnreachableError } from '@spark/contract/client'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { StorageError } from '@spark/server/storage/storage-error'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { withMainDatabase } from '../main-database.ts'
import { beginDeploy, finishDeploy, lockDeploys, type DeployKind, type DeployRun } from '../deploy/deploy-run.ts'
import { deployCanary } from '../deploy/canary.ts'
import { deployRollback } from '../deploy/rollback.ts'
import { deployRolling } from '../deploy/rolling.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

const DEPLOYS: Record<DeployKind, (run: DeployRun) => Promise<void>> = {
  canary: withLock(deployCanary),
  rolling: withLock(deployRolling),
  // Takes the lock itself: the brake waits for nobody.
  rollback: deployRollback,
}

export function deployCommand(program: Command, output: Output): void {
  program
    .command('deploy')
    .description(
      'Brings the code of this checkout, and FEATURE_ML_SCORING, ML_CONFID_FLOOR, ML_SIGNAL_WEIGHTS and POLL_INTERVAL_MS of this environment, to what spark up runs.',
    )
    .option('--canary', 'preflight, one extra worker on the release, the rollout in preview, a look at its first figures')
    .option('--rolling', 'worker by worker, the next only when the last one is healthy; then the executor; no request is lost')
    .option('--rollback', 'ML off at once, also when nothing runs; then the last good release')
    .option('--allow-dirty', 'take the checkout as it is, with changes that are in no commit')
    .addHelpText('after', '\nExample:\n  FEATURE_ML_SCORING=0.1 spark deploy --rolling')
    .action(async (options: Partial<Record<DeployKind | 'allowDirty', true>>) => {
      const kinds = (['canary', 'rolling', 'rollback'] as const).filter((kind) => options[kind] === true)
      const [kind] = kinds
      if (kind === undefined || kinds.length > 1) throw new WrongUsage('say one of --canary, --rolling and --rollback')
      const startedMs = systemClock.monotonicMs()
      const config = loadConfig()
      if (!databaseIsThere(config.databasePath))
        throw new CheckFailed(`${config.databasePath} is not there: nothing runs here yet. Start it with bin/spark up`)
      await withMainDatabase(config, async (database) => {
        const run = beginDeploy({ kind, config, output, database, allowDirty: options.allowDirty === true })
        const problem = await DEPLOYS[kind](run).then(
          () => null,
          (error: unknown) => problemOf(error, output),
        )
        await finishDeploy(run, problem, Math.round(systemClock.monotonicMs() - startedMs))
      })
    })
}

function withLock(deploy: (run: DeployRun) => Promise<void>): (run: DeployRun) => Promise<void> {
  return async (run) => {
    const unlock = lockDeploys(run.config)
    try {
      await deploy(run)
    } finally {
      unlock()
    }
  }
}

/** Whatever ended it stands in the summary and the audit; a defect is told in full. */
function problemOf(error: unknown, output: Output): string {
  if (!(error instanceof Error)) return String(error)
  const expected = [CheckFailed, StorageError, ApiError, UnreachableError].some((kind) => error instanceof kind)
  if (!expected) output.note(`spark: defect: ${error.stack ?? error.message}`)
  return error.message
}
