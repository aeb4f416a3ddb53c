import type { Command } from 'commander'
import type { AnswerOf, BodyOf } from '@spark/contract/routes'
import { RISK_LIMIT_NAMES } from '@spark/contract/trading'
import { loadConfig } from '@spark/server/config'
import { timeText } from '../options.ts'
import { WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

/** spark risk: what orders must keep, and what stops them now; spark risk set changes it. */
export function riskCommand(program: Command, output: Output): void {
  const risk = program
    .command('risk')
    .description('Every limit with what is used of it, kill switches, halt of the venue, epoch.')
    .option('--json', 'as JSON, like GET /api/risk')
    .addHelpText('after', '\nExample:\n  spark risk')
    .action(async ({ json }: { json?: true }) => {
      const found = await apiClient(loadConfig()).call('risk')
      output.line(json === true ? JSON.stringify(found, null, 2) : riskText(found))
    })
  risk
    .command('set')
    .argument(
      '<changes...>',
      `NAME=VALUE, or NAME=default for what config/spark.yaml says; names: ${RISK_LIMIT_NAMES.join(', ')}`,
    )
    .description('Changes limits from the next order on, also over a restart. It is audited with what held before.')
    .requiredOption('--reason <text>', 'why, kept in the audit')
    .addHelpText(
      'after',
      '\nExamples:\n  spark risk set maxDailyLoss=3000 maxOrdersPerMinute=120 --reason "half the size this week"\n  spark risk set maxDailyLoss=default --reason "week is over"',
    )
    .action(async (given: string[], { reason }: { reason: string }) => {
      const limits = limitsOf(given)
      const { changes } = await apiClient(loadConfig()).call('riskLimitsChange', { body: { limits, reason } })
      if (changes.length === 0) return output.line('Nothing changes: these limits hold already.')
      output.line(
        table(
          ['limit', 'old', 'new'],
          changes.map(({ name, before, after }) => [name, before ?? 'none', after ?? 'none']),
        ),
      )
      output.line('They hold from the next order on.')
    })
}

function limitsOf(given: readonly string[]): BodyOf<'riskLimitsChange'>['limits'] {
  return Object.fromEntries(
    given.map((text) => {
      const [, wanted, value] = /^(\w+)=(.+)$/s.exec(text) ?? []
      const name = RISK_LIMIT_NAMES.find((one) => one === wanted)
      if (name === undefined || value === undefined)
        throw new WrongUsage(`${text}: say NAME=VALUE, with one of ${RISK_LIMIT_NAMES.join(', ')}`)
      return [name, value === 'default' ? null : value]
    }),
  )
}

function riskText({ epoch, mlOff, venue, killSwitches, asOf, limits }: AnswerOf<'risk'>): string {
  const agreed = venue.reconciledAt === null ? 'never' : timeText(venue.reconciledAt)
  const head = [
    ['venue', venue.haltedReason === null ? `${venue.name}: not halted` : `${venue.name}: HALTED, ${venue.haltedReason}`],
    ['entries', venue.entriesStoppedReason === null ? 'allowed' : `STOPPED, ${venue.entriesStoppedReason}`],
    ['books agreed', agreed],
    ['protection', `${venue.protection}: no stop at the venue sells while the executor is down`],
    ['epoch', `${epoch}${mlOff ? ', ML orders are off' : ''}`],
    ['kill switches', killSwitches.length === 0 ? 'none' : String(killSwitches.length)],
    ['figures of', asOf === null ? 'no look of the executor yet' : timeText(asOf)],
  ]
  const switches = killSwitches.map(({ scope, reason, actor, setAt }) => [scope, reason, actor, timeText(setAt)])
  const rows = limits.map(({ name, limit, fileLimit, changed, unreadable, used, unit, by }) => [
    name,
    rounded(used ?? '-'),
    limit ?? 'none',
    shareOf(used, limit),
    unit,
    by ?? '',
    [
      ...(changed === null ? [] : [`${changed.by}; spark.yaml: ${fileLimit ?? 'none'}`]),
      ...(unreadable ? ['CANNOT BE READ: nothing enters until it is set again'] : []),
    ].join('; '),
  ])
  return [
    table(['risk', 'now'], head),
    ...(switches.length === 0 ? [] : [table(['killed', 'why', 'who', 'since'], switches)]),
    table(['limit', 'used', 'of', '%', 'unit', 'most by', 'changed by'], rows),
  ].join('\n\n')
}

function rounded(text: string): string {
  return /\.\d{3}/.test(text) ? Number(text).toFixed(2) : text
}

function shareOf(used: string | null, limit: string | null): string {
  const share = (Number(used ?? Number.NaN) / Number(limit ?? Number.NaN)) * 100
  return Number.isFinite(share) ? share.toFixed(0) : ''
}
