import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { parseTime } from '@spark/contract/time'
import { loadConfig } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import type { AuditFilter } from '@spark/server/storage/audit/audit-query'
import { auditOf } from '@spark/server/storage/audit/audit-location'
import { openAuditReader, type AuditReader } from '@spark/server/storage/audit/audit-reader'
import { publicKeyFile } from '@spark/server/storage/audit/signing-key'
import { writeAuditSnapshot } from '@spark/server/storage/audit/audit-snapshot'
import { verifyAudit } from '@spark/server/storage/audit/verify-audit'
import { limitOption, timeOption } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { table } from '../table.ts'

interface FilterOptions {
  action?: string
  strategy?: string
  trace?: string
  from?: string
  to?: string
}

export function auditCommands(program: Command, output: Output): void {
  const audit = program.command('audit').description('Reads and verifies the audit. Works on the files, also while nothing runs.')
  listCommand(audit, output)
  exportCommand(audit, output)
  verifyCommand(audit, output)
  snapshotCommand(audit, output)
}

const withFilters = (command: Command): Command =>
  command
    .option('--action <action>', 'only this action, like ml.score')
    .option('--strategy <id>', 'only this strategy')
    .option('--trace <id>', 'only this trace')
    .option('--from <time>', 'from here on, ms or ISO 8601')
    .option('--to <time>', 'up to here, not included')

function listCommand(audit: Command, output: Output): void {
  withFilters(audit.command('list').description('The newest rows.'))
    .option('--limit <n>', 'how many, up to 10000', '20')
    .option('--all', "also the controller's ticks, baseline decisions and the steps of orders")
    .option('--json', 'as JSON, like POST /api/audit/list')
    .addHelpText('after', '\nExample:\n  spark audit list --action ml.score --limit 5')
    .action(async (options: FilterOptions & { limit: string; all?: true; json?: true }) => {
      const limit = Number(limitOption(options.limit))
      const filter = filterOf(options)
      const page = await withReader((reader) => reader.list({ ...filter, limit, ...(options.all === true ? { all: true } : {}) }))
      if (options.json === true) return output.line(JSON.stringify(page, null, 2))
      const rows = page.items.map((item) => [
        item.timestamp,
        item.action,
        item.strategyId ?? '-',
        item._err ?? item.result,
        item.actor,
        item.traceId ?? '-',
        item.id,
      ])
      output.line(table(['time', 'action', 'strategy', 'result', 'actor', 'trace', 'row'], rows))
    })
}

function exportCommand(audit: Command, output: Output): void {
  withFilters(audit.command('export').description('All matching rows, oldest first, one JSON line each.'))
    .addHelpText('after', '\nExample:\n  spark audit export --from 2026-01-01 > audit.ndjson')
    .action(async (options: FilterOptions) => {
      const filter = filterOf(options)
      await withReader(async (reader) => {
        for await (const row of reader.exportRows({ ...filter, all: true }))
          if (!(await output.write(`${JSON.stringify(row)}\n`))) return
      })
    })
}

function verifyCommand(audit: Command, output: Output): void {
  audit
    .command('verify')
    .description(
      'Checks every row, chain and signed checkpoint. Exit code 1 and the place when anything was edited, removed or reordered.',
    )
    .option('--public-key <file>', 'a copy of signing.pub kept elsewhere; default: the one of the data folder')
    .option('--checkpoints <file>', 'checkpoints kept elsewhere (SPARK_CHECKPOINT_FILE): finds truncation of the end')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark audit verify --checkpoints /mnt/elsewhere/checkpoints.ndjson')
    .action(async (options: { publicKey?: string; checkpoints?: string; json?: true }) => {
      const config = loadConfig()
      const report = await verifyAudit({
        ...auditOf(config),
        ...publicKeyOf(options.publicKey ?? publicKeyFile(config.signingKeyFile), options.publicKey !== undefined),
        ...(options.checkpoints === undefined ? {} : { checkpointsFile: options.checkpoints }),
      })
      if (options.json === true) output.line(JSON.stringify(report, null, 2))
      else {
        output.line(
          table(
            ['writer', 'rows', 'head'],
            report.writers.map((one) => [one.writer, String(one.rows), one.head.hash.slice(0, 16)]),
          ),
        )
        output.line(`\n${report.checkpoints.checked} signed checkpoints checked.`)
        if (report.removed !== null) output.line(keptText(report.removed))
        const unproven = report.writers.reduce((sum, one) => sum + one.unproven, 0)
        if (unproven > 0)
          output.line(`${unproven} older rows are still to be removed by retention, and do not prove to be what was written.`)
        for (const problem of report.problems) output.line(`${problem.kind}: ${problem.message}`)
        output.line(report.ok ? 'The audit is whole.' : `The audit is NOT whole: ${report.problems.length} problems.`)
      }
      if (!report.ok) throw new CheckFailed('')
    })
}

function keptText({ on, before }: { on: number; before: number }): string {
  const [from, at] = [before, on].map((ms) => new Date(ms).toISOString())
  return `Kept from ${from}; retention removes what was before, and signed that on ${at}.`
}

function snapshotCommand(audit: Command, output: Output): void {
  audit
    .command('snapshot')
    .description('Writes a whole UTC day to data/audit_snapshot_YYYYMMDD.json.')
    .option('--day <YYYYMMDD>', 'default: today')
    .addHelpText('after', '\nExample:\n  spark audit snapshot --day 20260131')
    .action(async ({ day }: { day?: string }) => {
      const config = loadConfig()
      const timeMs = day === undefined ? folderClock(config).nowMs() : /^\d{8}$/.test(day) ? parseTime(day) : null
      if (timeMs === null) throw new WrongUsage(`--day ${day}: must be a day like 20260131`)
      const { path, rows } = await withReader((reader) => writeAuditSnapshot({ reader, folder: config.dataDir, timeMs }))
      output.line(`${path}: ${rows} rows`)
    })
}

/** The text of the key file. A file that was named must be there; the default one may not be made yet. */
function publicKeyOf(path: string, named: boolean): { publicKey?: string } {
  try {
    return { publicKey: readFileSync(path, 'utf8') }
  } catch (error) {
    if (named) throw new WrongUsage(`--public-key ${path}: ${(error as Error).message}`)
    return {}
  }
}

async function withReader<Result>(work: (reader: AuditReader) => Promise<Result>): Promise<Result> {
  const reader = openAuditReader(auditOf(loadConfig()))
  try {
    return await work(reader)
  } finally {
    await reader.close()
  }
}

function filterOf({ action, strategy, trace, from, to }: FilterOptions): AuditFilter {
  return {
    ...(action === undefined ? {} : { action }),
    ...(strategy === undefined ? {} : { strategyId: strategy }),
    ...(trace === undefined ? {} : { traceId: trace }),
    ...(from === undefined ? {} : { from: timeOption('--from', from) }),
    ...(to === undefined ? {} : { to: timeOption('--to', to) }),
  }
}
