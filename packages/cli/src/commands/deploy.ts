import type { Command } from 'commander'
import { ApiError, UnreachableError } from '@spark/contract/client'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { StorageError } from '@spark/server/storage/storage-error'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { withMainDatabase } from '../main-database.ts'
import { beginDeploy, finishDeploy, lockDeploys, type DeployKind, type DeployRun } from '../deploy/deploy-run.ts'
import { deployCanary } from '../deploy/canary.ts'
import { deployAfter, deployRollback, rollbackOf } from '../deploy/rollback.ts'
import { deployRolling } from '../deploy/rolling.ts'
import { createTradingStores } from '@spark/server/storage/trading-stores'
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
    .option(
      '--after <rollout>',
      'with --rollback: the release alone, because this rollout was rolled back; spark up does so by itself after each rollback',
    )
    .addHelpText('after', '\nExample:\n  FEATURE_ML_SCORING=0.1 spark deploy --rolling')
    .action(async (options: Partial<Record<DeployKind | 'allowDirty', true>> & { after?: string }) => {
      const kinds = (['canary', 'rolling', 'rollback'] as const).filter((kind) => options[kind] === true)
      const [kind] = kinds
      if (kind === undefined || kinds.length > 1) throw new WrongUsage('say one of --canary, --rolling and --rollback')
      if (options.after !== undefined && kind !== 'rollback') throw new WrongUsage('--after goes with --rollback')
      endWithCaller()
      await deployAs(kind, { allowDirty: options.allowDirty === true, after: options.after ?? null }, output)
    })
}

async function deployAs(
  kind: DeployKind,
  { allowDirty, after: rollout }: { allowDirty: boolean; after: string | null },
  output: Output,
): Promise<void> {
  const startedMs = systemClock.monotonicMs()
  const config = loadConfig()
  if (!databaseIsThere(config.databasePath))
    throw new CheckFailed(`${config.databasePath} is not there: nothing runs here yet. Start it with bin/spark up`)
  await withMainDatabase(config, async (database) => {
    const after = rollout === null ? null : await rollbackOf(createTradingStores(database.db), rollout)
    const run = beginDeploy({ kind, config, output, database, allowDirty, after })
    const problem = await (after === null ? DEPLOYS[kind](run) : deployAfter(run, after)).then(
      () => null,
      (error: unknown) => problemOf(error, output),
    )
    if (run.needless !== null) return output.line(run.needless)
    await finishDeploy(run, problem, Math.round(systemClock.monotonicMs() - startedMs))
  })
}

/** Called by the supervisor it ends with it: what it would switch is gone. */
function endWithCaller(): void {
  if (!process.connected) return
  process.once('disconnect', () => process.exit(1))
  process.channel?.unref()
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
