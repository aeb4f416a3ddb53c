import type { Command } from 'commander'
import type { AnswerOf } from '@spark/contract/routes'
import { loadConfig } from '@spark/server/config'
import { timeText } from '../options.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

/** spark jobs: what runs by schedule in the executor, through the API. */
export function jobsCommands(program: Command, output: Output): void {
  const jobs = program.command('jobs').description('Scheduled jobs.')
  jobs
    .command('list', { isDefault: true })
    .description('Every job with its last run, how that ended, and its next run.')
    .option('--json', 'as JSON, like GET /api/jobs')
    .addHelpText('after', '\nExample:\n  spark jobs')
    .action(async ({ json }: { json?: true }) => {
      const answer = await apiClient(loadConfig()).call('jobs')
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map(({ name, what, nextRun, lastRun }) => [
        name,
        lastRun === null ? '-' : timeText(lastRun.startedAt),
        outcomeOf(lastRun),
        timeText(nextRun),
        lastRun?.detail ?? what,
      ])
      output.line(table(['job', 'last run', 'outcome', 'next run', 'what it did, or does'], rows))
    })
  jobs
    .command('run')
    .argument('<name>', 'as spark jobs shows it')
    .description('Runs a job now, in the executor. One that runs already is not started twice.')
    .option('--reason <text>', 'kept in the audit')
    .addHelpText('after', '\nExample:\n  spark jobs run backup')
    .action(async (name: string, body: { reason?: string }) => {
      await apiClient(loadConfig()).call('jobRun', { params: { id: name }, body })
      output.line(`${name}: asked for; the executor starts it within seconds, and spark jobs shows how it ended`)
    })
}

function outcomeOf(run: AnswerOf<'jobs'>['items'][number]['lastRun']): string {
  if (run === null) return '-'
  return run.outcome ?? 'runs, or died with the executor'
}
