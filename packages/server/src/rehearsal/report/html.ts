import { higherIsWorse, type GateName } from '@spark/core/rollout/plan'
import type { RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { axisOf, bars, escapeHtml, figure, inLanes, lineChart, timeScale, type Axis, type Bar } from './chart.ts'
import { exposureSeries, gateSeries, type Series } from './series.ts'
import { stretches, type Stretch } from './steps.ts'
import { STYLE } from './style.ts'
import {
  clockText,
  CRITERIA_HEAD,
  criterionText,
  headline,
  judgedText,
  HELD,
  stepText,
  STEPS_HEAD,
  type MarketText,
} from './text.ts'
import { endOfFault, hasBegun, toldFault, toldTimeline } from './told.ts'

const TITLES: Record<GateName, string> = {
  p95: 'p95 of scores',
  staleness: 'Staleness',
  error_rate: 'Errors',
  score_rate: 'Scores, of those that were due',
  confid_median: 'Median confidence',
  dead_letters: 'Dead letters',
}

/** The whole report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportHtml(rehearsal: Rehearsal, outcome: RehearsalOutcome, about: MarketText): string {
  const { lastedMs, digest, faults } = rehearsal
  const axis = axisOf(lastedMs)
  const steps = stretches(rehearsal)
  const title = `Rehearsal ${outcome.said}`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<header><p class="verdict ${outcome.ok ? 'ok' : 'bad'}">${outcome.ok ? 'Good' : 'Not good'}, after ${clockText(lastedMs)}</p>`,
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(headline(rehearsal, about.market))}</p><p>Model ${escapeHtml(judgedText(rehearsal))}.</p></header>`,
    ...(about.lacks.length === 0 ? [] : [list(about.lacks)]),
    outcome.problems.length === 0
      ? `<p>Held: ${escapeHtml(HELD)}.</p>`
      : `<section><h2>Did not hold</h2>${list(outcome.problems)}</section>`,
    '<section><h2>Course</h2>',
    '<p class="legend"><span class="good">up to here all is well</span><span class="critical">beyond here is critical</span><span class="fault">a fault</span></p>',
    ...courseCharts(axis, rehearsal, steps),
    '</section>',
    ...(faults.length === 0 ? [] : [`<section><h2>Faults</h2>${faultTable(rehearsal)}</section>`]),
    `<section><h2>Success criteria</h2><p>On what the last step measured.</p>${table('Success criteria', CRITERIA_HEAD, outcome.criteria.map(criterionText))}</section>`,
    `<section><h2>Steps</h2>${table('Steps', STEPS_HEAD, steps.map(stepText))}</section>`,
    `<section><h2>Timeline</h2>${table(
      'Timeline',
      ['time', 'kind', 'what happened'],
      toldTimeline(rehearsal).map(({ sinceMs, kind, text }) => [clockText(sinceMs), kind, text]),
    )}</section>`,
    `<footer><p>SHA-256 of the audit: <code>${digest}</code>. The same seed, plan and faults give the same.</p></footer>`,
    '</main></body></html>',
  ].join('\n')
}

/** Phases, faults, exposure and every gate, one under the other on the same time. */
function courseCharts(axis: Axis, rehearsal: Rehearsal, steps: readonly Stretch[]): string[] {
  const shades = rehearsal.faults
    .filter((fault) => hasBegun(rehearsal, fault))
    .map((fault) => ({ fromMs: fault.atMs, toMs: endOfFault(rehearsal, fault) }))
  const exposed = exposureSeries(rehearsal)
  const most = exposed.reduce((highest, { value }) => Math.max(highest, value ?? 0), 0)
  return [
    phaseBars(axis, steps),
    ...(shades.length === 0 ? [] : [faultBars(axis, rehearsal)]),
    timeScale(axis),
    lineChart(
      axis,
      { title: 'Strategies that act on ML', points: exposed, levels: null, worst: 'highest', stepped: true },
      shades,
      `up to ${most} of ${rehearsal.members.length}`,
    ),
    ...gateSeries(rehearsal).map((series) => gateChart(axis, series, shades)),
    timeScale(axis),
  ]
}

function phaseBars(axis: Axis, steps: readonly Stretch[]): string {
  const line = steps.map(({ name, fromMs, toMs }, index): Bar => {
    const untilMs = index === steps.length - 1 ? axis.toMs : toMs
    return { name: `${name} from ${clockText(fromMs)}`, kind: kindOf(name), label: name, fromMs, toMs: untilMs }
  })
  return bars(axis, 'Phase', [line], line.map(({ name }) => name).join(', '))
}

/** Each by its number in the table of faults. */
function faultBars(axis: Axis, rehearsal: Rehearsal): string {
  const all = rehearsal.faults.flatMap((fault, index): Bar[] => {
    if (!hasBegun(rehearsal, fault)) return []
    const name = `${index + 1}: ${toldFault(rehearsal, fault)}, from ${clockText(fault.atMs)}`
    return [{ name, kind: 'fault', label: String(index + 1), fromMs: fault.atMs, toMs: endOfFault(rehearsal, fault) }]
  })
  return bars(axis, 'Faults', inLanes(axis, all), all.map(({ name }) => name).join('; '))
}

function faultTable(rehearsal: Rehearsal): string {
  const rows = rehearsal.faults.map((fault, index) => [String(index + 1), clockText(fault.atMs), toldFault(rehearsal, fault)])
  return table('Faults', ['', 'begins', 'what'], rows)
}

function gateChart(
  axis: Axis,
  { gate, unit, points, good, critical }: Series,
  shades: readonly { fromMs: number; toMs: number }[],
): string {
  const isHigh = higherIsWorse(gate)
  let worst: { sinceMs: number; value: number } | null = null
  for (const { sinceMs, value } of points)
    if (value !== null && (worst === null || (isHigh ? value > worst.value : value < worst.value))) worst = { sinceMs, value }
  const said =
    worst === null
      ? 'nothing measured'
      : `at worst ${figure(worst.value)}${unit === '' ? '' : ` ${unit}`} at ${clockText(worst.sinceMs)}`
  const caption = `${said}; good ${isHigh ? 'up to' : 'from'} ${figure(good)}, critical ${isHigh ? 'beyond' : 'below'} ${figure(critical)}`
  const levels = { good, critical }
  return lineChart(
    axis,
    { title: TITLES[gate], points, levels, worst: isHigh ? 'highest' : 'lowest', stepped: false },
    shades,
    caption,
  )
}

function kindOf(name: string): string {
  if (name === 'rolled back' || name === 'killed') return 'ended'
  if (name === 'preview only') return 'back'
  return name === 'preview' ? 'preview' : name === 'done' ? 'done' : 'live'
}

/** Wider than the screen it scrolls by itself, also by keyboard. */
function table(name: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')
  const cells = (line: readonly string[]) =>
    line.map((cell) => `<td${cell === 'NOT MET' ? ' class="no"' : ''}>${escapeHtml(cell)}</td>`).join('')
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(name)}"><table><thead><tr>${heads}</tr></thead><tbody>${rows.map((line) => `<tr>${cells(line)}</tr>`).join('\n')}</tbody></table></div>`
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`
}
