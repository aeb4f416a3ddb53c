import type { Command } from 'commander'
import { loadConfig, type Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { killScopeProblem, liftKillSwitch, setKillSwitch, type KillRequest } from '@spark/server/kill-switch'
import { systemRandomness } from '@spark/server/random'
import { rolloutPartsOf } from '@spark/server/rollout/rollout-parts'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { typedTwice } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { traceId, withMainDatabase } from '../main-database.ts'
import { apiClient, throughApi } from '../processes.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

const SCOPES = 'all, venue:NAME or strategy:ID'

/** spark kill, spark unkill: through the API, and by a direct transaction when the API is down. */
export function killCommands(program: Command, output: Output): void {
  program
    .command('kill')
    .argument('<scope>', SCOPES)
    .description('No order that increases risk any more, open ones are cancelled; exits still work. Also while the API is down.')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .addHelpText('after', '\nExample:\n  spark kill all --reason "fills look wrong"')
    .action(async (scope: string, { reason }: { reason: string }) => {
      const config = loadConfig()
      const direct = await throughApi(
        () => apiClient(config).call('kill', { body: { scope, reason } }),
        output,
        () => killDirectly(config, { scope, reason, actor: 'operator', traceId: traceId() }),
      )
      output.line(`${scope}: killed${direct ? '; open orders are cancelled as soon as the executor runs' : ''}`)
    })
  program
    .command('unkill')
    .argument('<scope>', SCOPES)
    .description('Lifts a kill switch: trading begins again. The scope is typed twice.')
    .requiredOption('--confirm <scope>', 'the scope again')
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .addHelpText('after', '\nExample:\n  spark unkill all --confirm all')
    .action(async (scope: string, { confirm, reason }: { confirm: string; reason: string }) => {
      typedTwice('scope', scope, confirm)
      const config = loadConfig()
      await throughApi(
        () => apiClient(config).call('unkill', { body: { scope, confirm, reason } }),
        output,
        () => unkillDirectly(config, { scope, reason, actor: 'operator', traceId: traceId() }),
      )
      output.line(`${scope}: no longer killed`)
    })
}

async function killDirectly(config: Config, request: KillRequest): Promise<void> {
  if (!databaseIsThere(config.databasePath)) throw new CheckFailed(`${config.databasePath} is not there: nothing trades here`)
  await withMainDatabase(config, async ({ db }) => {
    const stores = createTradingStores(db)
    const problem = await killScopeProblem(stores.strategies, config.venueName, request.scope)
    if (problem !== null) throw new WrongUsage(problem)
    await setKillSwitch(rolloutPartsOf({ stores, config, clock: folderClock(config), random: systemRandomness }), request)
  })
}

async function unkillDirectly(config: Config, request: KillRequest): Promise<void> {
  await withMainDatabase(config, async ({ db }) => {
    const parts = rolloutPartsOf({
      stores: createTradingStores(db),
      config,
      clock: folderClock(config),
      random: systemRandomness,
    })
    if (!(await liftKillSwitch(parts, request))) throw new CheckFailed(`no kill switch is set for ${request.scope}`)
  })
}
