import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import type { WorkerState } from '@spark/server/supervisor/supervisor-contract'
import { CheckFailed, type Output } from '../output.ts'
import { apiClient, askApi, askExecutor } from '../processes.ts'
import { askSupervisor } from '../supervisor.ts'
import { table } from '../table.ts'

export function statusCommand(program: Command, output: Output): void {
  program
    .command('status')
    .description('What runs, how it is, and the newest figures. Exit code 1 when something is not well.')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark status')
    .action(async ({ json }: { json?: true }) => {
      const config = loadConfig()
      const [api, executor, supervisor] = await Promise.all([askApi(config), askExecutor(config), askSupervisor(config)])
      const metrics = 'health' in api ? await apiClient(config).call('getMetrics') : null
      const well = 'health' in api && api.health.ok && 'health' in executor && executor.health.ok
      if (json === true) output.line(JSON.stringify({ ok: well, api, executor, supervisor, metrics }, null, 2))
      else {
        const row = (name: string, answer: typeof api) =>
          'problem' in answer
            ? [name, 'down', answer.problem]
            : [
                name,
                answer.health.ok ? 'ok' : 'not ok',
                answer.health.ok
                  ? `pid ${answer.health.pid}, up ${answer.health.uptimeS} s, build ${answer.health.buildSha.slice(0, 12)}`
                  : (answer.health.detail ?? ''),
              ]
        const rows = [row('api', api), ...(supervisor?.workers.map(workerRow) ?? []), row('executor', executor)]
        if ('health' in executor) {
          const { feed, strategies } = executor.health
          rows.push([
            'feed',
            feed.lastMessageAgeS === null ? 'waiting' : 'live',
            `${feed.name}, last message ${feed.lastMessageAgeS?.toFixed(1) ?? '-'} s ago, ${feed.warmStreams} of ${feed.streams} streams warm, ${strategies} strategies ask for scores`,
          ])
        }
        output.line(table(['what', 'state', 'detail'], rows))
        if (metrics !== null) {
          const figure = (value: number | null, unit: string) =>
            value === null ? 'no data yet' : `${Math.round(value * 100) / 100}${unit}`
          output.line('')
          output.line(
            table(
              ['figure', 'now', 'good'],
              [
                ['p95 latency', figure(metrics.p95_ms, ' ms'), '<= 1000 ms'],
                ['staleness', figure(metrics.staleness_s, ' s'), '<= 30 s'],
                ['error rate', figure(metrics.error_rate, ' %'), '<= 1 %'],
                ['ml.score a minute', figure(metrics.ml_score_per_min, ''), '>= 10'],
                ['median confidence', figure(metrics.confid_median, ''), '>= 0.55'],
              ],
            ),
          )
        }
      }
      if (!well) throw new CheckFailed('')
    })
}

function workerRow({ name, state, canary, pid, sha, restarts }: WorkerState): string[] {
  const again = restarts === 0 ? '' : `, started again ${restarts} times`
  return [`  ${name}`, canary ? `${state}, canary` : state, `pid ${pid ?? '-'}, build ${sha.slice(0, 12)}${again}`]
}
