import type { ReportLanguage } from '@spark/contract/report'
import { gateText } from '@spark/contract/speech/figures'
import { speechOf, type Speech } from '@spark/contract/speech/speech'
import type { Report, ReportPoint } from '@spark/core/report/report'
import { higherIsWorse, type GateName } from '@spark/core/rollout/plan'
import { axisOf, escapeHtml, lineChart, timeScale, type Axis } from '../rehearsal/report/chart.ts'
import { STYLE } from '../rehearsal/report/style.ts'
import { reportMarkdown } from './report-markdown.ts'
import { reportText, type ReportText, type Signed } from './report-text.ts'

/** What the report itself adds to the style of all pages that Spark writes. */
const OWN_STYLE =
  'li.task { list-style: none; margin-left: -20px } hr { border: 0; border-top: 1px solid var(--rule); margin: 32px 0 8px }'

/** The whole report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function reportHtml(report: Report, signed: Signed, language: ReportLanguage): string {
  const text = reportText(report, language)
  const title = `${text.words.title} ${text.day}`
  const isMet = report.success.every(({ met }) => met)
  return [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${escapeHtml(title)}</title><style>${STYLE}${OWN_STYLE}</style></head><body><main>`,
    `<header><p class="verdict ${isMet ? 'ok' : 'bad'}">${text.words.success}: ${isMet ? text.words.met : text.words.missed}</p></header>`,
    pageOf(reportMarkdown(report, signed, language)),
    `<section><h2>${escapeHtml(text.words.course)}</h2>`,
    ...charts(report, text, speechOf(language)),
    '</section></main></body></html>',
  ].join('\n')
}

const VALUES: Record<Exclude<GateName, 'score_rate'>, (point: ReportPoint) => number | null> = {
  p95: ({ p95Ms }) => p95Ms,
  staleness: ({ stalenessMaxS }) => stalenessMaxS,
  error_rate: ({ errorRatePercent }) => errorRatePercent,
  confid_median: ({ confidMedian }) => confidMedian,
  dead_letters: ({ deadLettersMax }) => deadLettersMax,
}

function charts({ period, series: { points, stepMs }, bands }: Report, { words }: ReportText, speech: Speech): string[] {
  const { units } = speech.m.common
  const axis = axisOf(period.toMs - period.fromMs)
  // A stretch that nobody measured is a gap in the line.
  const since = (of: (point: ReportPoint) => number | null) =>
    points.flatMap((point, at) => {
      const before = points[at - 1]
      const isGap = before !== undefined && point.fromMs - before.fromMs > stepMs
      const sinceMs = point.fromMs - period.fromMs
      return [...(isGap ? [{ sinceMs: sinceMs - 1, value: null }] : []), { sinceMs, value: of(point) }]
    })
  const perMinute = since(({ scoresPerMinute }) => scoresPerMinute)
  return [
    timeScale(axis, units),
    ...bands.flatMap(({ gate, good, critical }) => {
      if (gate === 'score_rate') return []
      return [gateChart(axis, { points: since(VALUES[gate]), good, critical, gate, words, speech })]
    }),
    lineChart(axis, { title: words.scoresAnHour, points: perMinute, levels: null, worst: 'lowest', stepped: false }, [], ''),
    timeScale(axis, units),
  ]
}

interface GateChart {
  points: readonly { sinceMs: number; value: number | null }[]
  good: number
  critical: number
  gate: GateName
  words: ReportText['words']
  speech: Speech
}

function gateChart(axis: Axis, { points, good, critical, gate, words, speech }: GateChart): string {
  const isHigh = higherIsWorse(gate)
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  const worst = values.reduce<number | null>((a, b) => (a === null ? b : isHigh ? Math.max(a, b) : Math.min(a, b)), null)
  const caption = worst === null ? words.none : `${isHigh ? words.highest : words.lowest} ${gateText(gate, worst, speech.f)}`
  const title = words.gates[gate]
  const levels = { good, critical }
  return lineChart(axis, { title, points, levels, worst: isHigh ? 'highest' : 'lowest', stepped: false }, [], caption)
}

/** The few forms of Markdown that a report is written in. */
function pageOf(markdown: string): string {
  const blocks = markdown.split(/\n{2,}/).flatMap((block) => {
    const lines = block.split('\n').filter((line) => line !== '')
    const heads = lines.filter((line) => /^#{1,2} /.test(line)).map(headOf)
    const rest = lines.filter((line) => !/^#{1,2} /.test(line))
    return [...heads, ...(rest.length === 0 ? [] : [blockOf(rest)])]
  })
  return blocks.join('\n')
}

function headOf(line: string): string {
  const level = line.startsWith('## ') ? 2 : 1
  return `<h${level}>${inline(line.slice(level + 1))}</h${level}>`
}

function blockOf(lines: readonly string[]): string {
  if (lines[0] === '---') return '<hr>'
  if (lines[0]?.startsWith('| ') === true) return tableOf(lines)
  const parts: string[] = []
  for (const line of lines) {
    const item = /^(?:- |\d\. )(.*)$/.exec(line)?.[1]
    const task = item === undefined ? null : /^\[([ x])\] (.*)$/.exec(item)
    if (task !== null) parts.push(`<li class="task">${task[1] === 'x' ? '☑' : '☐'} ${inline(task[2] ?? '')}</li>`)
    else parts.push(item === undefined ? `<p>${inline(line.trimEnd())}</p>` : `<li>${inline(item)}</li>`)
  }
  return parts.join('\n').replaceAll(/(?:<li[^\n]*\n?)+/g, (items) => `<ul>${items}</ul>`)
}

function tableOf([head = '', , ...rows]: readonly string[]): string {
  const cells = (line: string, open: string, close: string) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => `${open}${inline(cell)}${close}`)
      .join('')
  const body = rows.map((line) => `<tr>${cells(line, '<td>', '</td>')}</tr>`).join('\n')
  return `<div class="scroll" tabindex="0"><table><thead><tr>${cells(head, '<th scope="col">', '</th>')}</tr></thead><tbody>${body}</tbody></table></div>`
}

function inline(text: string): string {
  return escapeHtml(text)
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/^_(.*)_$/g, '<em>$1</em>')
}
