import type { Command } from 'commander'
import type { AnswerOf } from '@spark/contract/routes'
import { loadConfig } from '@spark/server/config'
import { timeText } from '../options.ts'
import type { Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'

/** spark risk: what orders must keep, and what stops them now. */
export function riskCommand(program: Command, output: Output): void {
  program
    .command('risk')
    .description('Every limit with what is used of it, kill switches, halt of the venue, epoch.')
    .option('--json', 'as JSON, like GET /api/risk')
    .addHelpText('after', '\nExample:\n  spark risk')
    .action(async ({ json }: { json?: true }) => {
      const risk = await apiClient(loadConfig()).call('risk')
      output.line(json === true ? JSON.stringify(risk, null, 2) : riskText(risk))
    })
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
  const rows = limits.map(({ name, limit, used, unit, by }) => [
    name,
    rounded(used ?? '-'),
    limit ?? 'none',
    shareOf(used, limit),
    unit,
    by ?? '',
  ])
  return [
    table(['risk', 'now'], head),
    ...(switches.length === 0 ? [] : [table(['killed', 'why', 'who', 'since'], switches)]),
    table(['limit', 'used', 'of', '%', 'unit', 'most by'], rows),
  ].join('\n\n')
}

function rounded(text: string): string {
  return /\.\d{3}/.test(text) ? Number(text).toFixed(2) : text
}

function shareOf(used: string | null, limit: string | null): string {
  const share = (Number(used ?? Number.NaN) / Number(limit ?? Number.NaN)) * 100
  return Number.isFinite(share) ? share.toFixed(0) : ''
}
