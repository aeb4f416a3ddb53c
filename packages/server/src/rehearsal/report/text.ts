import type { Criterion } from '@spark/core/rollout/success'
import { expectedDurationMs } from '@spark/core/rollout/plan'
import { faultText } from '../fault.ts'
import type { RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { stretches } from './steps.ts'

/** `04:05:10`; more than a day in hours too. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

export function criterionText({ name, value, target, met }: Criterion): [string, string, string, string] {
  const figure = value === null ? 'nothing measured' : String(Math.round(value * 1000) / 1000)
  return [name, target, figure, met ? 'met' : 'NOT met']
}

const UNCHANGED =
  'exposure had its evidence and was a prefix within its share; no order of an old epoch; every breach acted on in time; the replay gives the same decisions; the books agree'

/** What everything in the report is about, in one line. */
export function headline({ seed, faults, plan, members }: Rehearsal, market: string): string {
  const hours = Math.round(expectedDurationMs(plan) / 36_000) / 100
  return `${members.length} strategies on ${market}, a plan of ${hours} h, seed ${seed}, ${faults.length === 0 ? 'no faults' : `${faults.length} faults`}`
}

/** The whole report as plain text, readable without colour. */
export function reportText(rehearsal: Rehearsal, outcome: RehearsalOutcome, market: string): string {
  const { timeline, lastedMs, faults, counts, digest, rows } = rehearsal
  const row = (cells: readonly string[], widths: readonly number[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  const table = (cells: readonly (readonly string[])[]) => {
    const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
    return cells.map((line) => `  ${row(line, widths)}`)
  }
  return [
    `rehearsal: ${headline(rehearsal, market)}`,
    ...(faults.length === 0 ? [] : ['', 'faults', ...table(faults.map((fault) => [clockText(fault.atMs), faultText(fault)]))]),
    '',
    'timeline (hours since the start)',
    ...table(timeline.map(({ sinceMs, kind, text }) => [clockText(sinceMs), kind, text])),
    '',
    'steps',
    ...table([
      ['step', 'began', 'lasted', 'exposed', 'ml orders', 'baseline orders'],
      ...stretches(rehearsal).map(({ name, fromMs, toMs, exposed, ml, baseline }) => [
        name,
        clockText(fromMs),
        clockText(toMs - fromMs),
        String(exposed),
        String(ml),
        String(baseline),
      ]),
    ]),
    '',
    'success criteria, on what the last step measured',
    ...table(outcome.criteria.map(criterionText)),
    '',
    outcome.problems.length === 0 ? `held: ${UNCHANGED}` : 'DID NOT HOLD',
    ...outcome.problems.map((problem) => `  ${problem}`),
    `audit: ${[...counts.values()].reduce((sum, count) => sum + count, 0)} rows, ${rows.length} of the rollout, SHA-256 ${digest}`,
    '',
    `${outcome.said}, after ${clockText(lastedMs)}`,
  ].join('\n')
}
