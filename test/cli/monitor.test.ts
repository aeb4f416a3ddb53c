import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '@spark/contract/client'
import { raiseAlerts } from '../support/alerts.ts'
import { ROOT, createSpark, eventually, healthy, onlyCanary, type Spark, type SparkProcess } from '../support/spark.ts'

let spark: Spark
let executor: SparkProcess
beforeAll(async () => {
  spark = await createSpark()
  onlyCanary(spark)
  spark.start('api')
  executor = spark.start('executor')
  await healthy(spark)
  await healthy(spark, 'executor')
}, 60_000)
afterAll(() => spark.remove())

/** Each test has an alert of its own. */
const raise = (code: string) => raiseAlerts(spark, [{ severity: 'red', code, scope: 'test', message: `${code} happened` }])
const client = () => createClient({ baseUrl: spark.apiUrl, token: spark.token() })

describe('spark monitor', () => {
  it('into a pipe is plain text of what runs, and JSON when asked', { timeout: 60_000 }, async () => {
    await raise('piped')
    const { code, stdout } = await spark.run('monitor', '--once', '--width', '100')
    expect(code).toBe(0)
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toMatch(/^SPARK {2}20\d\d-.* api ok {3}executor ok/)
    for (const title of ['PHASE', 'GATES', 'ALERTS', 'COUNTERS', 'EXPOSURE', 'LAST ACTIONS'])
      expect(stdout).toContain(`\n${title}`)
    expect(stdout).toMatch(/^ {2}\d+ RED firing .*piped happened$/m)
    expect(stdout).toMatch(/strategies on ML 0 of 12/)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    const json = await spark.run('monitor', '--once', '--json')
    expect(json.stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      api: { problem: null, value: { process: 'api-1' } },
      orders: { problem: null },
    })
    expect(json.stdout).toContain('"code":"piped"')
  })

  it('goes on while the executor is away, keeps what it saw, and says so', { timeout: 60_000 }, async () => {
    const running = spark.startCommand('monitor', '--every', '1')
    const newest = () =>
      running
        .log()
        .split('\n\n')
        .findLast((text) => text.startsWith('SPARK')) ?? ''
    await eventually('both are there', 15_000, async () => newest().includes('executor ok'))
    executor.child.kill('SIGTERM')
    await executor.ended
    await eventually('it is missed', 15_000, async () => /executor AWAY, last seen \d+ s ago/.test(newest()))
    expect(newest()).toContain('api ok')
    executor = spark.start('executor')
    await eventually('it is back', 20_000, async () => newest().includes('executor ok'))
    running.child.kill('SIGTERM')
    await running.ended
  })
})

/** A command on a terminal of its own. */
function onTerminal(columns: number, args: readonly string[], change: Record<string, string> = {}) {
  const command = `stty cols ${columns} rows 50; ${join(ROOT, 'bin/spark')} ${args.join(' ')}; echo "ended $?"; stty -a`
  // A terminal of a person: neither asks for no colour.
  const { NO_COLOR: _asked, CI: _machine, ...env } = spark.env
  const options = { cwd: spark.dataDir, env: { ...env, TERM: 'xterm-256color', ...change } }
  const child = spawn('script', ['-qec', command, '/dev/null'], options)
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (shown += piece))
  const ended = new Promise((resolve) => child.once('close', resolve))
  return { shown: () => shown, press: (key: string) => void child.stdin.write(key), ended }
}
/** Take the whole screen, and give it back. */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const GREEN = '\u001b[32m'
const hasTerminals = process.platform === 'linux' && existsSync('/usr/bin/script')

describe.skipIf(!hasTerminals)('on a terminal', () => {
  it.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
  ])('the monitor takes the whole screen, and %s gives it back as it was', async (_what, key) => {
    const terminal = onTerminal(140, ['monitor', '--every', '1'])
    await eventually('the view', 15_000, async () => /GATES .*ALERTS/.test(stripVTControlCharacters(terminal.shown())))
    expect(terminal.shown()).toContain(ENTER)
    expect(terminal.shown()).toContain(`${GREEN}api ok`)
    terminal.press(key)
    await terminal.ended
    const [, after = ''] = terminal.shown().split(LEAVE)
    expect(after).toMatch(/^\s*ended 0/)
    const settings = after.slice(after.indexOf('speed'))
    expect(settings).toMatch(/ icanon /)
    expect(settings).toMatch(/ echo /)
  })

  it('NO_COLOR and --no-color leave the colours out', async () => {
    const looks = [
      onTerminal(80, ['monitor', '--once'], { NO_COLOR: '1' }),
      onTerminal(80, ['monitor', '--once', '--no-color']),
      onTerminal(80, ['monitor', '--once']),
    ]
    await Promise.all(looks.map(({ ended }) => ended))
    expect(looks.map(({ shown }) => shown().includes(GREEN))).toEqual([false, false, true])
  })

  it('a acknowledges the newest alert that the alert monitor shows, and q ends it', async () => {
    await raise('pressed')
    const terminal = onTerminal(80, ['alert-monitor', '--every', '60'])
    await eventually('the alert', 15_000, async () => terminal.shown().includes('RED ALERT: pressed happened'))
    terminal.press('a')
    await eventually('its acknowledgement', 15_000, async () =>
      terminal.shown().includes('ACKNOWLEDGED by operator: pressed happened'),
    )
    const { items } = await client().call('alerts', { query: { state: 'acknowledged' } })
    expect(items).toMatchObject([{ code: 'pressed', reason: 'alert-monitor' }])
    terminal.press('q')
    await terminal.ended
    expect(terminal.shown()).toContain('ended 0')
  })
})
