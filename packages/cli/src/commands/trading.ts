import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

/** orders, positions, queue, flatten: what trades, through the API. */
export function tradingCommands(program: Command, output: Output): void {
  ordersCommand(program, output)
  positionsCommand(program, output)
  queueCommand(program, output)
  flattenCommand(program, output)
}

const time = (ms: number) => new Date(ms).toISOString()

function ordersCommand(program: Command, output: Output): void {
  program
    .command('orders')
    .description('The newest orders with state and reason.')
    .option('--strategy <id>', 'only of this strategy')
    .option('--state <state>', 'only in this state, like filled')
    .option('--limit <n>', 'how many, up to 10000', '20')
    .option('--json', 'as JSON, like GET /api/orders')
    .addHelpText('after', '\nExample:\n  spark orders --state rejected')
    .action(async ({ strategy, state, limit, json }: { strategy?: string; state?: string; limit: string; json?: true }) => {
      if (!/^[1-9]\d{0,4}$/.test(limit) || Number(limit) > 10_000)
        throw new WrongUsage(`--limit ${limit}: must be a whole number from 1 to 10000`)
      const query = { limit, ...(strategy !== undefined && { strategyId: strategy }), ...(state !== undefined && { state }) }
      const answer = await apiClient(loadConfig()).call('orders', { query: query as never })
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map((order) => [
        time(order.createdAt),
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
        time(openedAt),
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

function queueCommand(program: Command, output: Output): void {
  const queue = program.command('queue').description('Jobs that wait, run and died.')
  queue
    .command('status', { isDefault: true })
    .description('How many jobs wait, run and died.')
    .option('--json', 'as JSON, like GET /api/queue')
    .addHelpText('after', '\nExample:\n  spark queue')
    .action(async ({ json }: { json?: true }) => {
      const answer = await apiClient(loadConfig()).call('queue')
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = Object.entries(answer.queues).map(([name, depth]) => [
        name,
        String(depth.ready),
        String(depth.delayed),
        String(depth.leased),
        String(depth.dead),
        `${Math.round(depth.lagMs / 1000)} s`,
      ])
      output.line(table(['queue', 'ready', 'delayed', 'running', 'dead letters', 'oldest waits'], rows))
    })
  queue
    .command('dlq')
    .description('Dead letters, newest first, with their reason.')
    .option('--json', 'as JSON, like GET /api/queue/dlq')
    .addHelpText('after', '\nExample:\n  spark queue dlq')
    .action(async ({ json }: { json?: true }) => {
      const answer = await apiClient(loadConfig()).call('deadLetters')
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map((letter) => [
        letter.id,
        letter.queue,
        String(letter.attempts),
        time(letter.diedAt),
        letter.reason,
        letter.detail,
      ])
      output.line(table(['id', 'queue', 'attempts', 'died', 'reason', 'detail'], rows))
    })
  for (const [verb, route, what] of [
    ['redrive', 'deadLetterRedrive', 'Puts a dead letter back into its queue; nothing happens twice.'],
    ['discard', 'deadLetterDiscard', 'Throws a dead letter away.'],
  ] as const)
    queue
      .command(verb)
      .argument('<id>')
      .description(what)
      .addHelpText('after', `\nExample:\n  spark queue ${verb} 4nU0tqUlTj3a8pQm`)
      .action(async (id: string) => {
        await apiClient(loadConfig()).call(route, { params: { id }, body: {} })
        output.line(`${id}: ${verb} done`)
      })
}

function flattenCommand(program: Command, output: Output): void {
  program
    .command('flatten')
    .argument('<scope>', 'all, symbol:NAME or strategy:ID')
    .description('Closes positions at the market. It cannot be taken back, so the scope is typed twice.')
    .requiredOption('--confirm <scope>', 'the scope again')
    .addHelpText('after', '\nExample:\n  spark flatten symbol:BTCUSDT --confirm symbol:BTCUSDT')
    .action(async (scope: string, { confirm }: { confirm: string }) => {
      if (confirm !== scope) throw new WrongUsage(`--confirm ${confirm}: must be the same as the scope, ${scope}`)
      const answer = await apiClient(loadConfig()).call('flatten', { body: { scope, confirm } })
      output.line(`Closing ${answer.positions} positions; spark orders shows how it goes. Request ${answer.requestId}`)
    })
}
