import type { Command } from 'commander'
import type { AlertView } from '@spark/contract/alerts'
import type { RouteName } from '@spark/contract/routes'
import { ALERT_STATES, type AlertState, type Severity } from '@spark/core/alert/alert'
import { alertView } from '@spark/server/alert-view'
import { folderClock } from '@spark/server/folder-clock'
import { loadConfig } from '@spark/server/config'
import { alertRulesOf } from '@spark/server/notify/alert-rules'
import { createAlerts, type AlertCommand } from '@spark/server/notify/alerts'
import { systemRandomness } from '@spark/server/random'
import { createAlertStore } from '@spark/server/storage/alert-store'
import { traceId } from '../main-database.ts'
import { limitOption, timeText } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { table } from '../table.ts'
import { apiOr, withDatabase } from '../direct.ts'

const MINUTES_MAX = 10_080

/** spark alerts: what fires and what is done about it, through the API, and on the database itself when the API is down. */
export function alertsCommands(program: Command, output: Output): void {
  const alerts = program.command('alerts').description('Lists alerts, and acknowledges, snoozes or resolves them.')
  listCommand(alerts, output)
  ackCommand(alerts, output)
  snoozeCommand(alerts, output)
  resolveCommand(alerts, output)
}

const SHOWN = ['open', 'all', ...ALERT_STATES] as const

interface ListOptions {
  state: string
  severity?: string
  limit: string
  json?: true
}

function listCommand(alerts: Command, output: Output): void {
  alerts
    .command('list', { isDefault: true })
    .description('Alerts with their state, newest first; those that are open, unless told otherwise.')
    .option('--state <state>', SHOWN.join(', '), 'open')
    .option('--severity <severity>', 'red or yellow')
    .option('--limit <n>', 'how many, up to 10000', '100')
    .option('--json', 'as JSON, like GET /api/alerts')
    .addHelpText('after', '\nExample:\n  spark alerts --state all --severity red')
    .action(async ({ state, severity, limit: limitText, json }: ListOptions) => {
      const limit = limitOption(limitText)
      const shown = SHOWN.find((one) => one === state)
      if (shown === undefined) throw new WrongUsage(`--state ${state}: must be one of ${SHOWN.join(', ')}`)
      const filter = {
        ...(shown !== 'all' && { state: shown }),
        ...(severity !== undefined && { severity: severityOf(severity) }),
      }
      const items = await listed(output, filter, limit)
      output.line(json === true ? JSON.stringify({ items }, null, 2) : alertsText(items, shown))
    })
}

function severityOf(text: string): Severity {
  if (text === 'red' || text === 'yellow') return text
  throw new WrongUsage(`--severity ${text}: must be red or yellow`)
}

async function listed(
  output: Output,
  filter: { state?: AlertState | 'open'; severity?: Severity },
  limit: string,
): Promise<AlertView[]> {
  const config = loadConfig()
  return apiOr<AlertView[]>(
    async () => (await apiClient(config).call('alerts', { query: { ...filter, limit } })).items,
    output,
    () =>
      withDatabase(config, async ({ db }) =>
        (await createAlertStore(db).list({ ...filter, limit: Number(limit) })).map(alertView),
      ),
  )
}

function alertsText(items: readonly AlertView[], shown: string): string {
  if (items.length === 0) return shown === 'open' ? 'No alert is open.' : 'There are none.'
  const rows = items.map(({ id, severity, state, count, ts, code, scope, message, ...alert }) => [
    String(id),
    severity,
    alert.snoozedUntil === null ? state : `snoozed until ${timeText(alert.snoozedUntil)}`,
    timeText(ts),
    String(count),
    code,
    scope,
    alert.changedBy ?? '',
    message,
  ])
  return table(['id', 'severity', 'state', 'first raised', 'times', 'code', 'scope', 'by', 'message'], rows)
}

interface ActOptions {
  reason?: string
  json?: true
}

function ackCommand(alerts: Command, output: Output): void {
  alerts
    .command('ack')
    .argument('<id>', 'as spark alerts shows it')
    .description('You know of it: it is not escalated, and not told again while it lasts.')
    .option('--reason <text>', 'kept in the audit')
    .option('--json', 'the alert as JSON')
    .addHelpText('after', '\nExample:\n  spark alerts ack 12 --reason "looking at it"')
    .action((id: string, options: ActOptions) =>
      act(output, id, { kind: 'acknowledge' }, options, 'alertAcknowledge', reasonOf(options)),
    )
}

function snoozeCommand(alerts: Command, output: Output): void {
  alerts
    .command('snooze')
    .argument('<id>', 'as spark alerts shows it')
    .argument('<minutes>', `for how long, 1 to ${MINUTES_MAX}`)
    .description('No word of it for so long; then it fires again if it is not over.')
    .requiredOption('--reason <text>', 'kept in the audit')
    .option('--json', 'the alert as JSON')
    .addHelpText('after', '\nExample:\n  spark alerts snooze 12 30 --reason "the exchange is in maintenance"')
    .action((id: string, text: string, options: ActOptions) => {
      const minutes = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
      if (!(minutes <= MINUTES_MAX)) throw new WrongUsage(`${text}: minutes must be a whole number from 1 to ${MINUTES_MAX}`)
      return act(output, id, { kind: 'snooze', minutes }, options, 'alertSnooze', { minutes, ...reasonOf(options) })
    })
}

function resolveCommand(alerts: Command, output: Output): void {
  alerts
    .command('resolve')
    .argument('<id>', 'as spark alerts shows it')
    .description('Its cause is over, you say. Raised again it fires again.')
    .requiredOption('--reason <text>', 'kept in the audit')
    .option('--json', 'the alert as JSON')
    .addHelpText('after', '\nExample:\n  spark alerts resolve 12 --reason "disk replaced"')
    .action((id: string, options: ActOptions) => act(output, id, { kind: 'resolve' }, options, 'alertResolve', reasonOf(options)))
}

const reasonOf = ({ reason }: ActOptions) => (reason === undefined ? {} : { reason })

type ActRoute = Extract<RouteName, 'alertAcknowledge' | 'alertSnooze' | 'alertResolve'>

async function act(
  output: Output,
  id: string,
  command: AlertCommand,
  { reason, json }: ActOptions,
  route: ActRoute,
  body: object,
): Promise<void> {
  if (!/^\d{1,15}$/.test(id)) throw new WrongUsage(`${id} is no id of an alert; spark alerts shows them`)
  const config = loadConfig()
  const answer = await apiOr<AlertView>(
    () => apiClient(config).call(route, { params: { id }, body: body as never }),
    output,
    () =>
      withDatabase(config, async ({ db }) => {
        const alerts = createAlerts({ db, rules: alertRulesOf(config), clock: folderClock(config), random: systemRandomness })
        const alert = await alerts.act(Number(id), command, { actor: 'operator', traceId: traceId(), reason: reason ?? null })
        if (alert === 'unknown') throw new CheckFailed(`no alert ${id}; spark alerts shows those that are open`)
        if (alert === 'over') throw new CheckFailed(`alert ${id} is resolved already`)
        return alertView(alert)
      }),
  )
  if (json === true) return output.line(JSON.stringify(answer, null, 2))
  const until = answer.snoozedUntil === null ? '' : ` until ${timeText(answer.snoozedUntil)}`
  output.line(`alert ${id}: ${answer.state}${until}`)
}
