import type { Command } from 'commander'
import { systemClock } from '@spark/server/clock'
import { loadConfig } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { rolloutPlanOf } from '@spark/server/rollout-plan'
import { createCollector } from '../monitor/collect.ts'
import { monitorLines } from '../monitor/monitor-lines.ts'
import { openScreen } from '../monitor/screen.ts'
import type { MonitorSnapshot } from '../monitor/snapshot.ts'
import { WrongUsage, type Output } from '../output.ts'
import { apiClient, askApi, askExecutor, askExecutorMetrics } from '../processes.ts'
import { endsIt, openKeys } from '../watch/keys.ts'
import { sloLimits } from '../watch/slo-limits.ts'

/** A slow answer must not hold the others up for long. */
const TIMEOUT_MS = 2000
const TICK_MS = 100
const PIPE_COLUMNS = 80
const COLUMNS_MIN = 40

interface MonitorOptions {
  every: string
  width?: string
  color: boolean
  once?: true
  json?: true
}

export function monitorCommand(program: Command, output: Output): void {
  program
    .command('monitor')
    .description('What happens now, live: phase, gates, counters, exposure, kill switches, alerts, last actions.')
    .option('--every <seconds>', 'how often it is looked at', '2')
    .option('--width <columns>', `default: the terminal's; ${PIPE_COLUMNS} into a pipe`)
    .option('--no-color', 'no colours; NO_COLOR does the same')
    .option('--once', 'one look, then end')
    .option('--json', 'each look as a line of JSON')
    .addHelpText('after', '\nExamples:\n  spark monitor\n  spark monitor --once --no-color --width 140')
    .action(async ({ every, width, color, once, json }: MonitorOptions) => {
      const everyMs = wholeNumber('--every', every, 1, 3600) * 1000
      const columns = width === undefined ? null : wholeNumber('--width', width, COLUMNS_MIN, 1000)
      const config = loadConfig()
      const collect = createCollector({
        client: apiClient(config, TIMEOUT_MS),
        limits: sloLimits(rolloutPlanOf(config.file)),
        // Ages are by the folder's time, waiting by the real one.
        clock: { nowMs: () => folderClock(config).nowMs(), monotonicMs: () => systemClock.monotonicMs() },
        askApi: () => askApi(config),
        askExecutor: () => askExecutor(config),
        executorMetrics: () => askExecutorMetrics(config),
      })
      const { stdout } = process
      const view = (snapshot: MonitorSnapshot) =>
        monitorLines(snapshot, columns ?? columnsOf(stdout), color && stdout.isTTY && stdout.hasColors())
      if (json === true) return plainly(collect, once === true, everyMs, (snapshot) => output.line(JSON.stringify(snapshot)))
      if (once === true || !stdout.isTTY)
        return plainly(collect, once === true, everyMs, (snapshot) => output.line(`${view(snapshot).join('\n')}\n`))
      await live(collect, everyMs, view)
    })
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new WrongUsage(`${option} ${text}: must be a whole number from ${min} to ${max}`)
}

function columnsOf(stdout: NodeJS.WriteStream): number {
  return stdout.isTTY ? Math.max(COLUMNS_MIN, stdout.columns) : PIPE_COLUMNS
}

type Collect = () => Promise<MonitorSnapshot>

async function plainly(
  collect: Collect,
  once: boolean,
  everyMs: number,
  show: (snapshot: MonitorSnapshot) => void,
): Promise<void> {
  for (;;) {
    show(await collect())
    if (once) return
    await systemClock.sleep(everyMs)
  }
}

/** On the whole terminal until q, Ctrl-C or a signal; then it is as it was. */
async function live(collect: Collect, everyMs: number, view: (snapshot: MonitorSnapshot) => string[]): Promise<void> {
  const { stdout } = process
  const screen = openScreen(stdout)
  const ending = new AbortController()
  let last: MonitorSnapshot | null = null
  const end = () => {
    ending.abort()
    screen.close()
  }
  const redraw = () => last !== null && screen.draw(view(last))
  const keys = openKeys((key) => endsIt(key) && end())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  stdout.on('resize', redraw)
  try {
    while (!ending.signal.aborted) {
      const lookedMs = systemClock.monotonicMs()
      last = await collect()
      redraw()
      while (!ending.signal.aborted && systemClock.monotonicMs() - lookedMs < everyMs) await systemClock.sleep(TICK_MS)
    }
  } finally {
    stdout.off('resize', redraw)
    keys?.close()
    screen.close()
  }
}
