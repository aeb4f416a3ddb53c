import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { limitOption, timeText, typedTwice } from '../options.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

/** orders, positions, flatten: what trades, through the API. */
export function tradingCommands(program: Command, output: Output): void {
  ordersCommand(program, output)
  positionsCommand(program, output)
  flattenCommand(program, output)
}

interface OrderOptions {
  strategy?: string
  symbol?: string
  state?: string
  limit: string
  json?: true
}

function ordersCommand(program: Command, output: Output): void {
  program
    .command('orders')
    .description('The newest orders with state and reason.')
    .option('--strategy <id>', 'only of this strategy')
    .option('--symbol <symbol>', 'only of this symbol')
    .option('--state <state>', 'only in this state, like filled')
    .option('--limit <n>', 'how many, up to 10000', '20')
    .option('--json', 'as JSON, like GET /api/orders')
    .addHelpText('after', '\nExample:\n  spark orders --state rejected')
    .action(async ({ strategy, symbol, state, limit, json }: OrderOptions) => {
      const query = {
        limit: limitOption(limit),
        ...(strategy !== undefined && { strategyId: strategy }),
        ...(symbol !== undefined && { symbol }),
        // The API checks it, and says what is allowed.
        ...(state !== undefined && { state: state as 'filled' }),
      }
      const answer = await apiClient(loadConfig()).call('orders', { query })
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map((order) => [
        timeText(order.createdAt),
        order.strategyId,
        order.side,
        order.symbol,
        order.quantity,
        order.referencePrice,
        order.state,
        order.reason ?? '',
      ])
      output.line(table(['time', 'strategy', 'side', 'symbol', 'quantity', 'at', 'state', 'reason'], rows))
    })
}

function positionsCommand(program: Command, output: Output): void {
  program
    .command('positions')
    .description('What is held, and the profit so far by strategy and arm.')
    .option('--json', 'as JSON, like GET /api/positions')
    .addHelpText('after', '\nExample:\n  spark positions')
    .action(async ({ json }: { json?: true }) => {
      const answer = await apiClient(loadConfig()).call('positions')
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const held = answer.items.map(({ strategyId, symbol, arm, quantity, averagePrice, openedAt }) => [
        strategyId,
        symbol,
        arm,
        quantity,
        Number(averagePrice).toPrecision(8),
        timeText(openedAt),
      ])
      output.line(table(['strategy', 'symbol', 'arm', 'quantity', 'cost each', 'since'], held))
      output.line('')
      const profits = answer.profits.map(({ strategyId, arm, realized, fees, fills }) => [
        strategyId,
        arm,
        Number(realized).toFixed(2),
        Number(fees).toFixed(2),
        String(fills),
      ])
      output.line(table(['strategy', 'arm', 'realised', 'fees in it', 'fills'], profits))
    })
}

function flattenCommand(program: Command, output: Output): void {
  program
    .command('flatten')
    .argument('<scope>', 'all, symbol:NAME or strategy:ID')
    .description('Closes positions at the market. It cannot be taken back, so the scope is typed twice.')
    .requiredOption('--confirm <scope>', 'the scope again')
    .option('--reason <text>', 'kept in the audit')
    .addHelpText('after', '\nExample:\n  spark flatten symbol:BTCUSDT --confirm symbol:BTCUSDT --reason "delisted on Friday"')
    .action(async (scope: string, { confirm, ...reason }: { confirm: string; reason?: string }) => {
      typedTwice('scope', scope, confirm)
      const answer = await apiClient(loadConfig()).call('flatten', { body: { scope, confirm, ...reason } })
      output.line(`Closing ${answer.positions} positions; spark orders shows how it goes. Request ${answer.requestId}`)
    })
}
