import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { limitOption, timeOption, timeText } from '../options.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

interface FillOptions {
  strategy?: string
  symbol?: string
  from?: string
  to?: string
  limit: string
  csv?: true
  json?: true
}

const CSV_PAGE_ROWS = '10000'
const PAGE_TIMEOUT_MS = 30_000

/** spark fills: what was traded, through the API. */
export function fillsCommand(program: Command, output: Output): void {
  program
    .command('fills')
    .description('What was traded, newest first.')
    .option('--strategy <id>', 'only of this strategy')
    .option('--symbol <symbol>', 'only of this symbol')
    .option('--from <time>', 'from here on, ms or ISO 8601')
    .option('--to <time>', 'up to here, not included')
    .option('--limit <n>', 'how many, up to 10000', '20')
    .option('--csv', 'as CSV, every one that fits, whatever the limit')
    .option('--json', 'as JSON, like GET /api/fills')
    .addHelpText(
      'after',
      '\nExamples:\n  spark fills --strategy btcusdt-1m-01\n  spark fills --csv --from 2026-01-01 > fills.csv',
    )
    .action(async (options: FillOptions) => {
      const { limit, csv, json } = options
      const filter = filterOf(options)
      const page = { ...filter, limit: limitOption(limit) }
      if (csv === true) return writeCsv(filter, output)
      const answer = await apiClient(loadConfig()).call('fills', { query: page })
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const rows = answer.items.map((fill) => [
        timeText(fill.ts),
        fill.strategyId,
        fill.arm,
        fill.side,
        fill.symbol,
        fill.quantity,
        fill.price,
        `${fill.fee} ${fill.feeAsset}`,
        Number(fill.realized).toFixed(2),
        fill.venue,
      ])
      output.line(table(['time', 'strategy', 'arm', 'side', 'symbol', 'quantity', 'price', 'fee', 'realised', 'venue'], rows))
    })
}

function filterOf({ strategy, symbol, from, to }: FillOptions) {
  return {
    ...(strategy !== undefined && { strategyId: strategy }),
    ...(symbol !== undefined && { symbol }),
    ...(from !== undefined && { from: String(timeOption('--from', from)) }),
    ...(to !== undefined && { to: String(timeOption('--to', to)) }),
  }
}

/** Page by page, so that neither side holds them all; the head of each page but the first is left out. */
async function writeCsv(filter: ReturnType<typeof filterOf>, output: Output): Promise<void> {
  const client = apiClient(loadConfig(), PAGE_TIMEOUT_MS)
  let cursor: string | null = ''
  while (cursor !== null) {
    const place: { cursor?: string } = cursor === '' ? {} : { cursor }
    const response = await client.open('fills', { query: { ...filter, ...place, format: 'csv', limit: CSV_PAGE_ROWS } })
    const text = await response.text()
    if (!(await output.write(cursor === '' ? text : text.slice(text.indexOf('\n') + 1)))) return
    cursor = response.headers.get('x-next-cursor')
  }
}
