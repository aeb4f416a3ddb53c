import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { ApiError, UnreachableError } from '@spark/contract/client'
import { systemClock } from '@spark/server/clock'
import { loadConfig, type Config } from '@spark/server/config'
import { killScopeProblem, liftKillSwitch, setKillSwitch, type KillRequest } from '@spark/server/kill-switch'
import { systemRandomness } from '@spark/server/random'
import { rolloutPartsOf } from '@spark/server/rollout/rollout-parts'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { traceId, withMainDatabase } from '../main-database.ts'

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
      if (confirm !== scope) throw new WrongUsage(`--confirm ${confirm}: must be the same as the scope, ${scope}`)
      const config = loadConfig()
      await throughApi(
        () => apiClient(config).call('unkill', { body: { scope, confirm, reason } }),
        output,
        () => unkillDirectly(config, { scope, reason, actor: 'operator', traceId: traceId() }),
      )
      output.line(`${scope}: no longer killed`)
    })
}

/** True when the API could not do it and `direct` did. */
async function throughApi(call: () => Promise<unknown>, output: Output, direct: () => Promise<void>): Promise<boolean> {
  try {
    await call()
    return false
  } catch (error) {
    if (!(error instanceof UnreachableError) && !(error instanceof ApiError && error.status >= 500)) throw error
    output.note(`The API could not do it (${error.message}); writing to the database itself.`)
  }
  await direct()
  return true
}

async function killDirectly(config: Config, request: KillRequest): Promise<void> {
  if (!existsSync(config.databasePath)) throw new CheckFailed(`${config.databasePath} is not there: nothing trades here`)
  await withMainDatabase(config, async ({ db }) => {
    const stores = createTradingStores(db)
    const problem = await killScopeProblem(stores.strategies, config.venueName, request.scope)
    if (problem !== null) throw new WrongUsage(problem)
    await setKillSwitch(rolloutPartsOf({ stores, config, clock: systemClock, random: systemRandomness }), request)
  })
}

async function unkillDirectly(config: Config, request: KillRequest): Promise<void> {
  await withMainDatabase(config, async ({ db }) => {
    const parts = rolloutPartsOf({ stores: createTradingStores(db), config, clock: systemClock, random: systemRandomness })
    if (!(await liftKillSwitch(parts, request))) throw new CheckFailed(`no kill switch is set for ${request.scope}`)
  })
}
