import type { Command } from 'commander'
import { loadConfig, type Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { createTradingStores } from '@spark/server/storage/trading-stores'
import { changeStrategy, setStrategyStatus } from '@spark/server/strategy-commands'
import { traceId, withMainDatabase } from '../main-database.ts'
import { typedTwice } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient, throughApi } from '../processes.ts'
import { table } from '../table.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

/** spark strategies: who trades what, through the API; what stops or arms one works without it too. */
export function strategiesCommands(program: Command, output: Output): void {
  const strategies = program.command('strategies').description('Lists, adds, changes, starts, pauses and stops strategies.')
  listCommand(strategies, output)
  switchCommands(strategies, output)
  createCommand(strategies, output)
  changeCommands(strategies, output)
}

function listCommand(strategies: Command, output: Output): void {
  strategies
    .command('list', { isDefault: true })
    .description('Every strategy and its status.')
    .option('--json', 'as JSON, like GET /api/strategies')
    .addHelpText('after', '\nExample:\n  spark strategies list')
    .action(async ({ json }: { json?: true }) => {
      const answer = await apiClient(loadConfig()).call('strategies')
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map(({ id, symbol, tf, capital, status, mode, exposed, pauseReason }) => [
        id,
        symbol,
        tf,
        capital,
        exposed ? 'ml' : 'baseline',
        mode,
        status,
        pauseReason ?? '',
      ])
      output.line(table(['strategy', 'symbol', 'tf', 'capital', 'arm', 'mode', 'status', 'reason'], rows))
    })
}

function switchCommands(strategies: Command, output: Output): void {
  for (const [verb, route, status, what] of [
    ['start', 'strategyStart', 'running', 'Lets it run: it decides at its next closed candle.'],
    ['pause', 'strategyPause', 'paused', 'Keeps what it holds and decides nothing.'],
    ['stop', 'strategyStop', 'stopped', 'Stops it; what it holds stays: see spark flatten.'],
  ] as const)
    strategies
      .command(verb)
      .argument('<id>')
      .description(what)
      .option('--reason <text>', 'kept in the audit')
      .addHelpText('after', `\nExample:\n  spark strategies ${verb} btcusdt-1h-01`)
      .action(async (id: string, body: { reason?: string }) => {
        const config = loadConfig()
        await throughApi(
          () => apiClient(config).call(route, { params: { id }, body }),
          output,
          () => directly(config, (parts) => setStrategyStatus(parts, commandOf(id, body), status)),
        )
        output.line(`${id}: ${verb} done`)
      })
}

interface Change {
  name?: string
  capital?: string
  reason?: string
}

function createCommand(strategies: Command, output: Output): void {
  strategies
    .command('create')
    .argument('<id>', 'like btcusdt-1h-13')
    .argument('<symbol>', 'like BTCUSDT')
    .argument('<tf>', '1m, 5m, 15m, 1h, 4h …')
    .description('Adds a strategy; it runs at once, on the baseline, and does not trade real money until it is armed.')
    .option('--name <text>', 'for people')
    .option('--capital <amount>', 'quote units it may hold', '1000')
    .option('--reason <text>', 'kept in the audit')
    .addHelpText('after', '\nExample:\n  spark strategies create btcusdt-1h-13 BTCUSDT 1h --capital 500')
    .action(async (id: string, symbol: string, tf: string, change: Change) => {
      // The API checks it, and says what is allowed.
      const body = { id, symbol, tf: tf as '1h', ...change }
      const { needsRestart } = await apiClient(loadConfig()).call('strategyCreate', { body })
      output.line(`${id}: created`)
      if (needsRestart) output.note(`No other strategy is on ${symbol} ${tf}. To listen to it: spark restart executor`)
    })
}

function changeCommands(strategies: Command, output: Output): void {
  strategies
    .command('change')
    .argument('<id>')
    .description('Changes the name or the capital. What it holds is not resized.')
    .option('--name <text>', 'for people')
    .option('--capital <amount>', 'quote units it may hold from its next entry on')
    .option('--reason <text>', 'kept in the audit')
    .addHelpText('after', '\nExample:\n  spark strategies change btcusdt-1h-13 --capital 250')
    .action(async (id: string, change: Change) => {
      if (change.name === undefined && change.capital === undefined)
        throw new WrongUsage('nothing to change: give --name or --capital')
      await apiClient(loadConfig()).call('strategyChange', { params: { id }, body: change })
      output.line(`${id}: changed`)
    })
  for (const [verb, mode, what] of [
    ['arm', 'live', 'Lets it trade real money when SPARK_MODE is live. The id is typed twice.'],
    ['disarm', 'paper', 'No real money any more. The id is typed twice.'],
  ] as const)
    strategies
      .command(verb)
      .argument('<id>')
      .description(what)
      .requiredOption('--confirm <id>', 'the id again')
      .option('--reason <text>', 'kept in the audit')
      .addHelpText('after', `\nExample:\n  spark strategies ${verb} btcusdt-1h-13 --confirm btcusdt-1h-13`)
      .action(async (id: string, { confirm, ...reason }: { confirm: string; reason?: string }) => {
        typedTwice('id', id, confirm)
        const config = loadConfig()
        await throughApi(
          () => apiClient(config).call('strategyChange', { params: { id }, body: { mode, ...reason } }),
          output,
          () => directly(config, (parts) => changeStrategy(parts, commandOf(id, reason), { mode })),
        )
        output.line(`${id}: ${verb} done`)
      })
}

const commandOf = (id: string, { reason = null }: { reason?: string | null }) => ({
  id,
  reason,
  actor: 'operator',
  traceId: traceId(),
})

async function directly(config: Config, work: (parts: Parameters<typeof changeStrategy>[0]) => Promise<boolean>): Promise<void> {
  const known =
    databaseIsThere(config.databasePath) &&
    (await withMainDatabase(config, ({ db }) => work({ stores: createTradingStores(db), clock: folderClock(config) })))
  if (!known) throw new CheckFailed('no such strategy is stored; those of config/spark.yaml are at the first start')
}
