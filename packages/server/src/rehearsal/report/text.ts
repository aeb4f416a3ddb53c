import { expectedDurationMs } from '@spark/core/rollout/plan'
import { unknownText, type Criterion } from '@spark/core/rollout/success'
import type { RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { stretches, type Stretch } from './steps.ts'
import { toldFault, toldTimeline } from './told.ts'

/** Problems of one cause come by the hundred. */
const PROBLEMS_MAX = 20

/** `04:05:10`; more than a day in hours too. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

const FIGURES: Record<Criterion['name'], (value: number) => string> = {
  p95: (value) => `${Math.round(value)} ms`,
  staleness: (value) => `${value.toFixed(1)} s`,
  error_rate: (value) => `${value.toFixed(2)} %`,
  score_rate: (value) => `${value.toFixed(1)} a minute`,
  confid_median: (value) => value.toFixed(3),
  breaches: String,
  dead_letters: String,
  balance: (value) => `${Math.round(100 * value)} % in the largest`,
}

export const CRITERIA_HEAD = ['criterion', 'target', 'figure', ''] as const

export function criterionText(one: Criterion): string[] {
  const { name, value, target, met } = one
  const figure = value === null ? 'nothing measured' : FIGURES[name](value)
  return [name, target, figure + unknownText(one), met ? 'met' : 'NOT MET']
}

export const STEPS_HEAD = ['step', 'began', 'lasted', 'act on ML', 'ML orders', 'baseline orders'] as const

export function stepText({ name, fromMs, toMs, exposed, ml, baseline }: Stretch): string[] {
  const lasted = toMs > fromMs ? clockText(toMs - fromMs) : '-'
  return [name, clockText(fromMs), lasted, String(exposed), String(ml), String(baseline)]
}

export const HELD =
  'exposure rose on evidence only and stayed a prefix within its share; no order of an old epoch was sent; somebody decided all the time, and every breach was acted on by the tick that saw it, in time, but for as long as a fault kept the controller from looking; deciding again from the audit gave the same decisions; our books and those of the venue agree'

/** The market as the report names it, and what of it is missing. */
export interface MarketText {
  market: string
  lacks: readonly string[]
}

/** What was rolled out, and what its labels said. */
export function judgedText({ model, judged }: Rehearsal): string {
  if (judged === null) return `${model}; no decision was labelled, so nothing was judged by its verdict`
  const { verdict, labels, rounds } = judged
  return `${model}: ${verdict.replaceAll('_', ' ')} on ${labels} labels that do not overlap, in ${rounds} rounds`
}

/** What everything in the report is about, in one line. */
export function headline({ seed, faults, plan, members }: Rehearsal, market: string): string {
  const hours = Math.round(expectedDurationMs(plan) / 36_000) / 100
  const count = faults.length === 0 ? 'no faults' : faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return `${members.length} strategies on ${market}; a plan of ${hours} h; seed ${seed}; ${count}`
}

/** The whole report as plain text, readable without colour; what came of it stands last, where a terminal shows it. */
export function reportText(rehearsal: Rehearsal, outcome: RehearsalOutcome, about: MarketText): string {
  const { lastedMs, faults, counts, digest, rows } = rehearsal
  const rowCount = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [
    `Rehearsal: ${headline(rehearsal, about.market)}`,
    ...about.lacks.map((lack) => `  ${lack}`),
    ...(faults.length === 0
      ? []
      : ['', 'Faults', ...columns(faults.map((fault) => [clockText(fault.atMs), toldFault(rehearsal, fault)]))]),
    '',
    'Timeline, hours since the start',
    ...columns(toldTimeline(rehearsal).map(({ sinceMs, kind, text }) => [clockText(sinceMs), kind, text])),
    '',
    'Steps',
    ...columns([STEPS_HEAD, ...stretches(rehearsal).map(stepText)]),
    '',
    'Success criteria, on what the last step measured',
    ...columns(outcome.criteria.map(criterionText)),
    '',
    ...(outcome.problems.length === 0 ? [`Held: ${HELD}.`] : ['DID NOT HOLD', ...problemLines(outcome.problems)]),
    `Model: ${judgedText(rehearsal)}`,
    `Audit: ${rowCount} rows, ${rows.length} of the rollout, SHA-256 ${digest}`,
    '',
    `${outcome.ok ? 'GOOD' : 'NOT GOOD'}: ${outcome.said}; after ${clockText(lastedMs)}`,
  ].join('\n')
}

function problemLines(problems: readonly string[]): string[] {
  const more = problems.length - PROBLEMS_MAX
  return [
    ...problems.slice(0, PROBLEMS_MAX).map((problem) => `  ${problem}`),
    ...(more > 0 ? [`  and ${more} more: --json gives all`] : []),
  ]
}

/** Cells below each other, two spaces between. */
function columns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) => `  ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
}
