import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Client } from '@spark/contract/client'
import { REPORT_FORMATS, REPORT_LANGUAGES, type ReportAsk, type ReportView } from '@spark/contract/report'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { download } from '../download.ts'
import { fileOption, limitOption, timeText } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'
import { untilHolds } from '../until-holds.ts'

/** The audit of a day is copied into the evidence; of a very busy one it takes minutes. */
const MADE_WITHIN_MS = 600_000
const LOOK_EVERY_MS = 500
const READ_MS = 60_000

interface ReportOptions {
  last?: true
  day?: string
  rollout?: string
  lang: string
  format: string
  out?: string
  reason?: string
}

/** spark report: the 24-hour report of the playbook, through the API. */
export function reportCommands(program: Command, output: Output): void {
  const report = program.command('report').description('The 24-hour report of the playbook, with signed evidence.')
  makeCommand(report, output)
  listCommand(report, output)
  signCommand(report, output)
  evidenceCommand(report, output)
}

function makeCommand(report: Command, output: Output): void {
  report
    .command('make', { isDefault: true })
    .description('Makes a report, or takes the one that is made already, and prints it; spark report alone does the same.')
    .option('--last', 'of the last 24 hours; the default')
    .option('--day <YYYY-MM-DD>', 'of a day in UTC that is over')
    .option('--rollout <id>', 'of the phase that this rollout is or ended in')
    .option('--lang <language>', `of md and html: ${REPORT_LANGUAGES.join(', ')}`, 'en')
    .option('--format <format>', REPORT_FORMATS.join(', '), 'md')
    .option('--out <file>', 'write it there instead of standard output')
    .option('--reason <text>', 'kept in the audit')
    .addHelpText(
      'after',
      '\nExamples:\n  spark report make --lang tr\n  spark report make --day 2026-01-31 --format html --out report.html\n  spark report make --rollout rollout-7 --format json',
    )
    .action(async (options: ReportOptions) => {
      const ask = askOf(options)
      const format = oneOf('--format', options.format, REPORT_FORMATS)
      const lang = oneOf('--lang', options.lang, REPORT_LANGUAGES)
      const out = options.out === undefined ? null : fileOption('--out', options.out)
      const client = apiClient(loadConfig())
      const { id } = await client.call('reportAsk', { body: ask })
      await made(client, id)
      const answer = await client.open('report', { params: { id }, query: { format, lang }, timeoutMs: READ_MS })
      const text = format === 'json' ? JSON.stringify(await answer.json(), null, 2) : (await answer.text()).trimEnd()
      if (out === null) return output.line(text)
      writeFileSync(out, `${text}\n`)
      output.line(`${id}: ${out}`)
    })
}

function askOf({ last, day, rollout, reason }: ReportOptions): ReportAsk {
  if ([last, day, rollout].filter((one) => one !== undefined).length > 1)
    throw new WrongUsage('--last, --day and --rollout: give one of them')
  if (day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(day)) throw new WrongUsage(`--day ${day}: must be a day like 2026-01-31`)
  const why = reason === undefined ? {} : { reason }
  if (day !== undefined) return { kind: 'day', day, ...why }
  return rollout === undefined ? { kind: 'last', ...why } : { kind: 'rollout', rollout, ...why }
}

function oneOf<Value extends string>(option: string, text: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === text)
  if (found === undefined) throw new WrongUsage(`${option} ${text}: must be one of ${values.join(', ')}`)
  return found
}

/** Waits for the executor. */
async function made(client: Client, id: string): Promise<void> {
  await untilHolds({ limitMs: MADE_WITHIN_MS, everyMs: LOOK_EVERY_MS }, async () => {
    const { view } = await client.call('report', { params: { id } })
    if (view.state === 'done') return { value: id }
    if (view.state === 'failed')
      throw new CheckFailed(`spark: the report ${id} could not be made: ${view.said ?? 'no reason was given'}`)
    return { problem: `spark: the report ${id} still waits; the executor makes it, and spark report list shows when` }
  })
}

function listCommand(report: Command, output: Output): void {
  report
    .command('list')
    .description('Reports, newest first, with who signed them.')
    .option('--limit <n>', 'how many, up to 10000', '20')
    .option('--json', 'as JSON, like GET /api/reports')
    .addHelpText('after', '\nExample:\n  spark report list')
    .action(async ({ limit, json }: { limit: string; json?: true }) => {
      const answer = await apiClient(loadConfig()).call('reports', { query: { limit: limitOption(limit) } })
      if (json === true) return output.line(JSON.stringify(answer, null, 2))
      const by = ({ signatures }: ReportView, as: string) => signatures.find((one) => one.as === as)?.by ?? '-'
      const rows = answer.items.map((item) => [
        item.id,
        timeText(item.fromMs),
        timeText(item.toMs),
        item.said ?? item.state,
        item.askedBy,
        by(item, 'reviewed'),
        by(item, 'approved'),
      ])
      output.line(table(['report', 'from', 'to', 'state', 'prepared', 'reviewed', 'approved'], rows))
    })
}

function signCommand(report: Command, output: Output): void {
  report
    .command('sign')
    .argument('<id>', 'as spark report list shows it')
    .description('Signs a report. Who approves it must be another person than who reviewed it.')
    .requiredOption('--as <how>', 'reviewed or approved')
    .option('--reason <text>', 'kept in the audit')
    .addHelpText('after', '\nExample:\n  spark report sign day-2026-01-31 --as reviewed')
    .action(async (id: string, { as: text, reason }: { as: string; reason?: string }) => {
      const as = oneOf('--as', text, ['reviewed', 'approved'])
      const body = reason === undefined ? {} : { reason }
      await apiClient(loadConfig()).call(as === 'reviewed' ? 'reportReview' : 'reportApprove', { params: { id }, body })
      output.line(`${id}: ${as}`)
    })
}

function evidenceCommand(report: Command, output: Output): void {
  report
    .command('evidence')
    .argument('<id>', 'as spark report list shows it')
    .description('Writes the evidence of a report, a ZIP that spark evidence verify checks.')
    .requiredOption('--out <file>', 'where to')
    .addHelpText('after', '\nExample:\n  spark report evidence day-2026-01-31 --out evidence.zip')
    .action(async (id: string, { out }: { out: string }) => {
      const path = fileOption('--out', out)
      const client = apiClient(loadConfig())
      const bytes = await download(path, systemClock, (signal) => client.open('reportEvidence', { params: { id }, signal }))
      output.line(`${path}: ${bytes} bytes`)
    })
}
