import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ApiError, UnreachableError, type Client } from '@spark/contract/client'
import type { AlertView } from '@spark/contract/alerts'
import type { Metrics } from '@spark/contract/metrics'
import { signedText } from '@spark/core/alert/alert-text'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { rolloutPlanOf } from '@spark/server/rollout-plan'
import { timeText } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { alertLine, alertLines } from '../watch/alert-lines.ts'
import { LOG_BYTES_MAX, openAlertLog } from '../watch/alert-log.ts'
import { endsIt, openKeys } from '../watch/keys.ts'
import { sloLimits, type SloLimit } from '../watch/slo-limits.ts'
import { sloLines, type SloLine } from '../watch/slo-lines.ts'

const TICK_MS = 1000
const ALERTS_MAX = 1000

interface MonitorOptions {
  every: string
  file: string
  once?: true
  time?: true
  json?: true
}

export function alertMonitorCommand(program: Command, output: Output): void {
  program
    .command('alert-monitor')
    .description('Prints alerts, and figures beyond their limits, as they come, and appends them to alerts.log.')
    .option('--every <seconds>', 'how often the figures are looked at; alerts every second', '60')
    .option('--file <path>', `where lines are appended; beyond ${LOG_BYTES_MAX / 1e6} MB it becomes FILE.1`, 'alerts.log')
    .option('--time', 'begin each line with the time')
    .option('--once', 'one look; exit code 1 when anything is red or has no data')
    .option('--json', 'with --once: what was seen, as JSON')
    .addHelpText('after', '\nExamples:\n  spark alert-monitor\n  spark alert-monitor --once && ./deploy.sh --rolling')
    .action(async ({ every, file, once, time, json }: MonitorOptions) => {
      const seconds = /^[1-9]\d{0,3}$/.test(every) ? Number(every) : Number.NaN
      if (!(seconds <= 3600)) throw new WrongUsage(`--every ${every}: must be a whole number of seconds from 1 to 3600`)
      if (json === true && once !== true) throw new WrongUsage('--json goes with --once')
      const config = loadConfig()
      const log = openAlertLog(resolve(file), (problem) => output.note(problem))
      const say = (text: string) => {
        const line = time === true ? `${timeText(folderClock(config).nowMs())} ${text}` : text
        log.write(line)
        if (json !== true) output.line(line)
      }
      const source: Source = { client: apiClient(config), limits: sloLimits(rolloutPlanOf(config.file)) }
      if (once === true) return lookOnce(source, say, json === true ? output : null)
      await follow(source, say, output, seconds * 1000)
    })
}

type Say = (line: string) => void

/** Where figures come from, and what is too much of them. */
interface Source {
  client: Client
  limits: readonly SloLimit[]
}

/** Figures that are not good, or why there are none; each is said. */
async function look(source: Source, say: Say): Promise<{ metrics: Metrics | null; lines: SloLine[] }> {
  const { metrics, lines } = await figures(source)
  for (const { text } of lines) say(text)
  return { metrics, lines }
}

async function figures({ client, limits }: Source): Promise<{ metrics: Metrics | null; lines: SloLine[] }> {
  try {
    const metrics = await client.call('getMetrics')
    return { metrics, lines: sloLines(limits, metrics) }
  } catch (error) {
    const text = signedText('red', `api=down (${problemOf(error)})`)
    return { metrics: null, lines: [{ level: 'red', name: 'api', value: null, limit: null, text }] }
  }
}

/** Why the API did not answer. Throws what is a defect. */
function problemOf(error: unknown): string {
  if (error instanceof UnreachableError || error instanceof ApiError) return error.message
  throw error
}

async function lookOnce(source: Source, say: Say, json: Output | null): Promise<void> {
  const { metrics, lines } = await look(source, say)
  const { client } = source
  const alerts =
    metrics === null ? [] : (await client.call('alerts', { query: { state: 'open', limit: String(ALERTS_MAX) } })).items
  for (const alert of alerts.toReversed()) say(alertLine(alert))
  const firing = alerts.some(({ state, severity }) => state === 'firing' && severity === 'red')
  const ok = !firing && lines.every(({ level }) => level === 'yellow')
  json?.line(JSON.stringify({ ok, metrics, lines, alerts }, null, 2))
  if (!ok) throw new CheckFailed('')
}

/** Until a key ends it, or a signal. */
async function follow(source: Source, say: Say, output: Output, everyMs: number): Promise<void> {
  const alerts = followAlerts(source.client, say, output)
  const end = new AbortController()
  const keys = openKeys((key) => {
    if (endsIt(key)) end.abort()
    else if (key === 'a') void alerts.acknowledgeNewest()
  })
  if (keys !== null) output.note('a acknowledges the newest alert that fires, q ends.')
  let nextMs = systemClock.monotonicMs()
  try {
    while (!end.signal.aborted) {
      const nowMs = systemClock.monotonicMs()
      const due = nowMs >= nextMs
      // A look that took long leaves none to be caught up.
      if (due) nextMs = Math.max(nextMs + everyMs, nowMs)
      await Promise.all([alerts.look(), ...(due ? [look(source, say)] : [])])
      await systemClock.sleep(TICK_MS)
    }
  } finally {
    keys?.close()
  }
}

/** New alerts, and what becomes of those that are open. */
function followAlerts(client: Client, say: Say, output: Output) {
  const open = new Map<number, AlertView>()
  let change: number | null = null
  let away = false

  function see(alert: AlertView, lines: readonly string[]): void {
    for (const line of lines) say(line)
    if (alert.state === 'resolved') open.delete(alert.id)
    else open.set(alert.id, alert)
  }

  async function ask(): Promise<void> {
    const limit = String(ALERTS_MAX)
    if (change === null) {
      const page = await client.call('alerts', { query: { state: 'open', limit } })
      for (const alert of page.items.toReversed()) see(alert, [alertLine(alert)])
      change = page.change
      return
    }
    for (const alert of (await client.call('alerts', { query: { after: String(change), limit } })).items) {
      see(alert, alertLines(open.get(alert.id), alert))
      change = alert.change
    }
  }

  return {
    async look(): Promise<void> {
      try {
        await ask()
        if (away) output.note('alerts can be read again')
        away = false
      } catch (error) {
        const problem = problemOf(error)
        if (!away) output.note(`alerts cannot be read: ${problem}`)
        away = true
      }
    },
    async acknowledgeNewest(): Promise<void> {
      const newest = [...open.values()].findLast(({ state }) => state === 'firing')
      if (newest === undefined) return output.note('no alert fires')
      try {
        const body = { reason: 'alert-monitor' }
        const alert = await client.call('alertAcknowledge', { params: { id: String(newest.id) }, body })
        see(alert, alertLines(newest, alert))
      } catch (error) {
        output.note(`alert ${newest.id} could not be acknowledged: ${problemOf(error)}`)
      }
    },
  }
}
