import { dayText } from '@spark/contract/time'
import { escapeHtml } from '../../rehearsal/report/chart.ts'
import { STYLE } from '../../rehearsal/report/style.ts'
import type { ArmResult, BacktestResult } from '../run-backtest.ts'
import { ARM_HEAD, armRows, headline, HOW, HOW_LEARNED, LABEL_HEAD, labelRows, percent, sentences } from './words.ts'

const WIDTH = 1000
const HEIGHT = 300
/** No line has more points than the drawing has columns. */
const POINTS_MAX = 500

const CHART_STYLE = `
.equity { height: 300px } .equity .level { white-space: nowrap } .equity path { stroke-width: 1.5; stroke: var(--arm) } .equity path.zero { stroke: var(--rule) }
.arm-baseline { --arm: var(--quiet) } .arm-ml { --arm: var(--line) } .arm-learned { --arm: var(--good) }
.legend .arm::before { border-top: 2px solid var(--arm) } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
`

/** The report as one page that needs nothing else. */
export function backtestHtml(result: BacktestResult): string {
  const labels = labelRows(result)
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Backtest of ${escapeHtml(result.model)}</title><style>${STYLE}${CHART_STYLE}</style></head><body><main>`,
    `<header><h1>Backtest of ${escapeHtml(result.model)}</h1><p>${escapeHtml(headline(result))}</p></header>`,
    `<ul>${sentences(result)
      .map((sentence) => `<li>${escapeHtml(sentence)}</li>`)
      .join('')}</ul>`,
    '<h2>Net return over time</h2>',
    equityChart(result.arms),
    `<h2>Arms</h2><p>${escapeHtml(HOW)}</p>${table(ARM_HEAD, armRows(result), 2)}`,
    ...(labels.length === 0
      ? []
      : [`<h2>Labels</h2><p>${escapeHtml(HOW_LEARNED)}</p>${table(LABEL_HEAD, labels, 1)}`, weekTable(result)]),
    '</main></body></html>',
  ].join('\n')
}

/** Of all arms on the same scale, what is held at its price of the day. */
function equityChart(arms: readonly ArmResult[]): string {
  const values = arms.flatMap(({ points }) => points.map(({ equity }) => equity))
  const low = values.reduce((least, value) => Math.min(least, value), 0)
  const high = values.reduce((most, value) => Math.max(most, value), low + 0.01)
  const y = (value: number) => Math.round(((high - value) / (high - low)) * HEIGHT * 10) / 10
  const [first, last] = [arms[0]?.points[0], arms[0]?.points.at(-1)]
  const name = (ts: number | undefined) => (ts === undefined ? '' : dayText(ts))
  const ends = arms.map(({ arm, whole }) => `${arm} ${percent(whole.netReturn)}`).join(', ')
  return [
    `<p class="legend">${arms.map(({ arm }) => `<span class="arm arm-${arm}">${arm}</span>`).join('')}</p>`,
    `<figure><div class="plot equity"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Net return over time, at the end: ${escapeHtml(ends)}">`,
    `<path class="zero" d="M0 ${y(0)}H${WIDTH}"/>`,
    ...arms.map(({ arm, points }) => `<path class="arm-${arm}" d="${pathOf(points, y)}"/>`),
    '</svg>',
    `<span class="level" style="top:0">${percent(high, 0)}</span>`,
    ...(y(0) > 0.05 * HEIGHT
      ? [`<span class="level" style="top:${(100 * y(0)) / HEIGHT}%;transform:translateY(-50%)">0 %</span>`]
      : []),
    `</div><div class="scale"><span style="left:0;transform:none">${name(first?.ts)}</span><span style="left:100%;transform:translateX(-100%)">${name(last?.ts)}</span></div></figure>`,
  ].join('\n')
}

function pathOf(points: ArmResult['points'], y: (value: number) => number): string {
  const every = Math.max(1, Math.ceil(points.length / POINTS_MAX))
  const last = points.length - 1
  return points
    .flatMap(({ equity }, at) =>
      at % every === 0 || at === last ? [`${Math.round((10 * WIDTH * at) / Math.max(1, last)) / 10} ${y(equity)}`] : [],
    )
    .map((point, at) => `${at === 0 ? 'M' : 'L'}${point}`)
    .join('')
}

/** The last model of each quarter of a year: weeks differ by little. */
function weekTable({ weeks }: BacktestResult): string {
  const quarterOf = (ts: number) => Math.floor(new Date(ts).getUTCMonth() / 3)
  const shown = weeks.filter((week, at) => {
    const next = weeks[at + 1]
    return next === undefined || quarterOf(next.fromTs) !== quarterOf(week.fromTs)
  })
  const rows = shown.map(({ fromTs, model: { version, weights, a, kappa } }) => [
    dayText(fromTs),
    version,
    ...[weights.rsi, weights.macd, weights.trend, a, kappa].map((value) => value.toFixed(3)),
  ])
  return `<h2>What was learned</h2>${table(['from', 'model', 'rsi', 'macd', 'trend', 'a', 'kappa'], rows, 2)}`
}

/** Columns from `numbersFrom` on are numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  const kind = (at: number) => (at >= numbersFrom ? ' class="number"' : '')
  const header = head.map((cell, at) => `<th scope="col"${kind(at)}>${escapeHtml(cell)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map((cell, at) => `<td${kind(at)}>${escapeHtml(cell)}</td>`).join('')}</tr>`)
  return `<div class="scroll"><table><thead><tr>${header}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
}
