import type { AlertView } from '@spark/contract/alerts'
import type { AuditItem } from '@spark/contract/audit'
import type { AnswerOf } from '@spark/contract/routes'
import { oneLine } from '@spark/core/alert/alert-text'
import type { SloState } from '../watch/slo-limits.ts'
import type { GateView, MonitorSnapshot } from './snapshot.ts'
import { fit, flow, type Line, type Style } from './text.ts'
import { ageText, amountText, upToText } from './values.ts'

const ALERTS_SHOWN = 8
const ACTIONS_SHOWN = 8
const TEXT_CHARACTERS_MAX = 300

const STATE_TEXTS: Record<SloState, { text: string; style: Style }> = {
  ok: { text: 'ok', style: 'green' },
  warning: { text: 'WARNING', style: 'yellow' },
  critical: { text: 'CRITICAL', style: 'red' },
  no_data: { text: 'NO DATA', style: 'yellow' },
}

/** Columns of the table: label, value, limits, state. In fewer than all of them the limits are left out. */
const LABEL = 17
const VALUE = 11
const LIMITS = [11, 10]
const STATE = 8
const GATE_COLUMNS = 78

export function gateLines(gates: readonly GateView[], columns: number): Line[] {
  const limitColumns = columns < GATE_COLUMNS ? [] : LIMITS
  const right = (texts: readonly string[]) => limitColumns.map((width, at) => fit(texts[at] ?? '', width, 'right')).join('')
  const head = `  ${fit('', LABEL)}${fit('now', VALUE, 'right')}${right(['good', 'critical'])}  ${fit('state', STATE)} in breach`
  return [
    [{ text: head, style: 'dim' }],
    ...gates.map((gate): Line => {
      const { text, style } = STATE_TEXTS[gate.state]
      const [upTo, beyond] = gate.bad === 'above' ? ['<=', '>'] : ['>=', '<']
      const limits = [`${upTo} ${figureText(gate, gate.good)}`, `${beyond} ${figureText(gate, gate.critical)}`]
      const hold = gate.state === 'critical' ? `${ageText(gate.inBreachS)} of ${ageText(gate.holdS)}` : '-'
      return [
        { text: `  ${fit(gate.label, LABEL)}` },
        { text: fit(figureText(gate, gate.value), VALUE, 'right'), style: 'bold' },
        { text: `${right(limits)}  ` },
        { text: fit(text, STATE), style },
        { text: ` ${hold}` },
      ]
    }),
  ]
}

function figureText({ unit }: GateView, value: number | null): string {
  if (value === null) return '-'
  return unit === '' ? upToText(value) : `${upToText(value)} ${unit}`
}

export function countLines(snapshot: MonitorSnapshot, columns: number): Line[] {
  const { metrics, queue, orders, positions, equity } = snapshot
  const scores = metrics.value?.ml_score_per_min ?? null
  const depths = Object.values(queue.value?.queues ?? {})
  const sum = (key: 'ready' | 'delayed' | 'leased') => depths.reduce((total, depth) => total + depth[key], 0)
  const lagS = Math.max(0, ...depths.map(({ lagMs }) => lagMs)) / 1000
  const dead = queue.value?.dlq_size ?? null
  const point = equity.value?.point ?? null
  const known = (value: unknown, text: string) => (value === null ? '-' : text)
  const items: Line[] = [
    counter('ml.score a minute', known(scores, upToText(scores ?? 0, 1))),
    counter('dead letters', known(dead, String(dead)), (dead ?? 0) > 0 ? 'red' : undefined),
    counter(
      'queue',
      known(queue.value, `${sum('ready')} ready, ${sum('leased')} running, ${sum('delayed')} later, oldest ${ageText(lagS)}`),
    ),
    counter('open positions', known(positions.value, String(positions.value))),
    counter(
      'equity',
      point === null
        ? '-'
        : `${amountText(point.equity)} (open ${amountText(point.unrealized)}, made ${amountText(point.realized)})`,
    ),
    counter('orders', ordersText(orders.value)),
  ]
  return indented(flow(items, columns - 2, '   '))
}

function counter(label: string, text: string, style?: Style): Line {
  return [{ text: `${label} ` }, { text, style: style ?? 'bold' }]
}

function ordersText(orders: Record<string, number> | null): string {
  if (orders === null) return '-'
  const counted = Object.entries(orders).filter(([, count]) => count > 0)
  return counted.length === 0 ? 'none' : counted.map(([state, count]) => `${state} ${count}`).join(', ')
}

export function exposureLines(
  { limits, epoch, mlOff, killSwitches, venue }: AnswerOf<'risk'>,
  strategies: MonitorSnapshot['strategies']['value'],
  columns: number,
): Line[] {
  const limit = (name: string) => {
    const found = limits.find((one) => one.name === name)
    return found === undefined || found.used === null || found.limit === null
      ? '-'
      : `${amountText(found.used, 0)} of ${amountText(found.limit, 0)}`
  }
  const items: Line[] = [
    counter('strategies on ML', strategies === null ? '-' : `${strategies.exposed} of ${strategies.total}`),
    counter('running', strategies === null ? '-' : String(strategies.running)),
    counter('held and ordered', limit('maxTotalNotional')),
    counter('orders a minute', limit('maxOrdersPerMinute')),
    counter('daily loss', limit('maxDailyLoss')),
    counter('epoch', `${epoch}${mlOff ? ', ML OFF' : ''}`),
    counter('kill switches', killSwitches.length === 0 ? 'none' : String(killSwitches.length)),
    counter(`venue ${venue.name}`, venue.haltedReason === null ? 'not halted' : 'HALTED'),
  ]
  return indented(flow(items, columns - 2, '   '))
}

/** What holds trading up by hand or by itself; nothing when nothing does. */
export function brakeLines({ killSwitches, venue }: AnswerOf<'risk'>): Line[] {
  const said = killSwitches.map(({ scope, reason, actor }) => `KILLED ${scope} by ${actor}: ${reason}`)
  if (venue.entriesStoppedReason !== null) said.push(`NO ENTRIES: ${venue.entriesStoppedReason}`)
  if (venue.haltedReason !== null) said.push(`HALTED venue ${venue.name}: ${venue.haltedReason}`)
  return said.map((text) => [{ text: oneLine(text, TEXT_CHARACTERS_MAX), style: 'red' }])
}

/** Red ones that fire first. */
const urgency = ({ severity, state }: AlertView) => (severity === 'red' ? 2 : 0) + (state === 'firing' ? 1 : 0)

export function alertLines(alerts: readonly AlertView[], nowMs: number, columns: number): Line[] {
  if (alerts.length === 0) return [[{ text: '  none open' }]]
  const sorted = alerts.toSorted((a, b) => urgency(b) - urgency(a) || b.id - a.id)
  const lines = sorted.slice(0, ALERTS_SHOWN).map(({ id, severity, state, count, ts, message }): Line => {
    const times = count > 1 ? ` ${count}x` : ''
    const style = severity === 'red' && state === 'firing' ? 'red' : 'yellow'
    return [
      { text: `  ${id} ${severity.toUpperCase()} ${state}${times} ${ageText((nowMs - ts) / 1000)}`, style },
      { text: `  ${oneLine(message, Math.max(10, columns))}` },
    ]
  })
  return [...lines, ...moreLines(alerts.length - ALERTS_SHOWN, 'spark alerts')]
}

export function actionLines(actions: readonly AuditItem[], columns: number): Line[] {
  if (actions.length === 0) return [[{ text: '  none yet' }]]
  return actions.slice(0, ACTIONS_SHOWN).map(({ timestamp, actor, action, strategyId, result, _err, context }): Line => {
    const { scope, reason, message, reasons } = context
    const why = reason ?? message ?? (Array.isArray(reasons) ? (reasons as unknown[])[0] : null)
    const about = [strategyId, scope, why, _err].filter((one) => typeof one === 'string' && one !== '')
    return [
      { text: `  ${timestamp.slice(11, 19)} ` },
      { text: `${actor} ${action}`, ...(result === 'err' && { style: 'yellow' }) },
      { text: `  ${oneLine(about.join(' · '), Math.max(10, columns))}` },
    ]
  })
}

function moreLines(count: number, where: string): Line[] {
  return count > 0 ? [[{ text: `  and ${count} more: ${where}` }]] : []
}

function indented(lines: readonly Line[]): Line[] {
  return lines.map((line) => [{ text: '  ' }, ...line])
}
