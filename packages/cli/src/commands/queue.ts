import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { limitOption, timeText } from '../options.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

/** spark queue: jobs and dead letters, through the API. */
export function queueCommands(program: Command, output: Output): void {
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
    .option('--queue <name>', 'only of this queue: order, label, notification or job')
    .option('--limit <n>', 'how many, up to 1000', '100')
    .option('--json', 'with payload, as JSON, like GET /api/queue/dlq')
    .addHelpText('after', '\nExample:\n  spark queue dlq --queue order')
    .action(async ({ queue: name, limit, json }: { queue?: string; limit: string; json?: true }) => {
      // The API checks it, and says what is allowed.
      const query = { limit: limitOption(limit), ...(name !== undefined && { queue: name as 'order' }) }
      const answer = await apiClient(loadConfig()).call('deadLetters', { query })
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map((letter) => [
        letter.id,
        letter.queue,
        String(letter.attempts),
        timeText(letter.diedAt),
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
      .option('--reason <text>', 'kept in the audit')
      .addHelpText('after', `\nExample:\n  spark queue ${verb} 4nU0tqUlTj3a8pQm --reason "the symbol is back"`)
      .action(async (id: string, body: { reason?: string }) => {
        await apiClient(loadConfig()).call(route, { params: { id }, body })
        output.line(`${id}: ${verb} done`)
      })
}
