import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { timeOption, timeText } from '../options.ts'
import { WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

interface EquityOptions {
  scope?: string
  from?: string
  points: string
  json?: true
}

const POINTS_MAX = 10_000

/** spark equity: the curve, through the API. */
export function equityCommand(program: Command, output: Output): void {
  program
    .command('equity')
    .description('The equity curve: capital, and profit made and open, in quote units.')
    .option('--scope <scope>', 'total, arm:ml, arm:baseline or strategy:ID; default total')
    .option('--from <time>', 'from here on, ms or ISO 8601; default: 24 hours before the newest')
    .option('--points <n>', 'rows of the table, evenly over the time', '24')
    .option('--json', 'every point, as JSON, like GET /api/equity')
    .addHelpText('after', '\nExample:\n  spark equity --scope strategy:btcusdt-1m-01 --from 2026-01-01')
    .action(async ({ scope, from, points, json }: EquityOptions) => {
      if (!/^[1-9]\d{0,4}$/.test(points) || Number(points) > POINTS_MAX)
        throw new WrongUsage(`--points ${points}: must be a whole number from 1 to ${POINTS_MAX}`)
      const query = {
        ...(scope !== undefined && { scope }),
        ...(from !== undefined && { from: String(timeOption('--from', from)) }),
      }
      const answer = await apiClient(loadConfig()).call('equity', { query })
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const cents = (amount: string) => Number(amount).toFixed(2)
      const rows = spread(answer.points, Number(points)).map(({ ts, equity, realized, unrealized, fees }) => [
        timeText(ts),
        ...[equity, realized, unrealized, fees].map(cents),
      ])
      output.line(table(['time', 'equity', 'realised', 'open', 'fees so far'], rows))
    })
}

/** At most `count` of them, evenly spread; the last is always there. */
function spread<Point>(points: readonly Point[], count: number): Point[] {
  const step = Math.ceil(points.length / count)
  return points.filter((_, at) => (points.length - 1 - at) % step === 0)
}
