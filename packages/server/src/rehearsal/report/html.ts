import { higherIsWorse } from '@spark/core/rollout/plan'
import { faultSpec, faultText } from '../fault.ts'
import type { RehearsalOutcome } from '../outcome.ts'
import type { Rehearsal } from '../rehearse.ts'
import { band, escapeHtml, lineChart, timeScale, type Axis } from './chart.ts'
import { exposureSeries, gateSeries } from './series.ts'
import { stretches, type Stretch } from './steps.ts'
import { STYLE } from './style.ts'
import { clockText, criterionText, headline } from './text.ts'

/** The whole report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportHtml(rehearsal: Rehearsal, outcome: RehearsalOutcome, market: string): string {
  const { timeline, lastedMs, digest } = rehearsal
  const axis: Axis = { toMs: Math.max(lastedMs, 60_000) }
  const steps = stretches(rehearsal)
  const title = `Rehearsal: ${outcome.said}`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<header><h1>${escapeHtml(`Rehearsal ${outcome.said}`)}</h1><p>${escapeHtml(headline(rehearsal, market))}</p>`,
    `<p class="verdict ${outcome.ok ? 'ok' : 'bad'}">${outcome.ok ? 'as it should be' : 'not as it should be'}, after ${clockText(lastedMs)}</p></header>`,
    ...(outcome.problems.length === 0 ? [] : [`<section><h2>Did not hold</h2>${list(outcome.problems)}</section>`]),
    '<section><h2>Course</h2>',
    ...courseCharts(axis, rehearsal, steps),
    timeScale(axis),
    '</section>',
    `<section><h2>Success criteria</h2>${table(['criterion', 'target', 'figure', ''], outcome.criteria.map(criterionText))}</section>`,
    `<section><h2>Steps</h2>${table(
      ['step', 'began', 'lasted', 'exposed', 'ML orders', 'baseline orders'],
      steps.map((step) => [
        step.name,
        clockText(step.fromMs),
        clockText(step.toMs - step.fromMs),
        String(step.exposed),
        String(step.ml),
        String(step.baseline),
      ]),
    )}</section>`,
    `<section><h2>Timeline</h2>${table(
      ['since the start', '', 'what happened'],
      timeline.map(({ sinceMs, kind, text }) => [clockText(sinceMs), kind, text]),
    )}</section>`,
    `<footer><p>SHA-256 of the audit: <code>${digest}</code>. The same seed, plan and faults give the same.</p></footer>`,
    '</main></body></html>',
  ].join('\n')
}

/** Phases, faults, exposure and every gate, one under the other on the same time. */
function courseCharts(axis: Axis, rehearsal: Rehearsal, steps: readonly Stretch[]): string[] {
  const { faults } = rehearsal
  return [
    band(
      axis,
      'Phase',
      steps.map(({ name, fromMs, toMs }) => ({ name, kind: kindOf(name), fromMs, toMs })),
    ),
    ...(faults.length === 0
      ? []
      : [
          band(
            axis,
            'Faults',
            faults.map((fault) => ({
              name: faultText(fault),
              kind: 'fault',
              fromMs: fault.atMs,
              toMs: fault.atMs + (faultSpec(fault.kind).lasts ? fault.forMs : 0),
            })),
          ),
        ]),
    lineChart(axis, {
      title: 'Strategies that act on ML',
      unit: '',
      points: exposureSeries(rehearsal),
      levels: [],
      worst: 'highest',
      stepped: true,
    }),
    ...gateSeries(rehearsal).map(({ gate, unit, points, good, critical }) =>
      lineChart(axis, {
        title: gate,
        unit,
        points,
        levels: [
          { value: good, kind: 'good' },
          { value: critical, kind: 'critical' },
        ],
        worst: higherIsWorse(gate) ? 'highest' : 'lowest',
      }),
    ),
  ]
}

function kindOf(name: string): string {
  if (name === 'rolled back' || name === 'killed') return 'ended'
  if (name === 'preview only') return 'back'
  return name === 'preview' ? 'preview' : name === 'done' ? 'done' : 'live'
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'th' | 'td', line: readonly string[]) => line.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')
  return `<div class="scroll"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((line) => `<tr>${cells('td', line)}</tr>`).join('\n')}</tbody></table></div>`
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`
}
