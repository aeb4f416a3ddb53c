import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AlertView } from '@spark/contract/alerts'
import { createClient } from '@spark/contract/client'
import { raiseAlerts } from '../support/alerts.ts'
import { createSpark, eventually, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

let spark: Spark
let api: SparkProcess
const startApi = async () => {
  api = spark.start('api')
  await healthy(spark)
}
const stopApi = async () => {
  api.child.kill('SIGTERM')
  await api.ended
}
beforeAll(async () => {
  spark = await createSpark()
  await startApi()
})
afterAll(() => spark.remove())

const HALT = { severity: 'red', code: 'venue_halted', scope: 'venue:paper', message: 'no order is sent' } as const
const client = () => createClient({ baseUrl: spark.apiUrl, token: spark.token() })
const newest = async (): Promise<AlertView | undefined> => (await client().call('alerts')).items[0]
const resolve = (id: string) => client().call('alertResolve', { params: { id }, body: { reason: 'over' } })
/** Raises one that was never there before; resolves with its id. */
const raise = async (code: string, change: { severity?: 'yellow'; message?: string } = {}) => {
  await raiseAlerts(spark, [{ ...HALT, ...change, code }])
  return String((await newest())?.id)
}
beforeEach(async () => {
  for (const { id } of (await client().call('alerts', { query: { state: 'open' } })).items) await resolve(String(id))
})

describe('spark alerts', () => {
  it('lists what is open, and acknowledges, snoozes and resolves it with who and why', { timeout: 60_000 }, async () => {
    expect((await spark.run('alerts')).stdout).toBe('No alert is open.\n')
    const id = await raise('one')
    expect((await spark.run('alerts')).stdout).toMatch(
      new RegExp(`^${id} +red +firing .* one +venue:paper +no order is sent$`, 'm'),
    )
    expect(await spark.run('alerts', 'ack', id, '--reason', 'I look')).toMatchObject({
      code: 0,
      stdout: `alert ${id}: acknowledged\n`,
    })
    expect(await newest()).toMatchObject({ state: 'acknowledged', changedBy: 'operator', reason: 'I look' })
    const snoozed = await spark.run('alerts', 'snooze', id, '30', '--reason', 'maintenance', '--json')
    expect(JSON.parse(snoozed.stdout)).toMatchObject({ id: Number(id), state: 'snoozed', reason: 'maintenance' })
    expect((await spark.run('alerts', 'list', '--severity', 'red')).stdout).toMatch(/ snoozed until 20\d\d-/)
    expect((await spark.run('alerts', 'resolve', id, '--reason', 'mended')).stdout).toBe(`alert ${id}: resolved\n`)
    const over = await spark.run('alerts', 'ack', id)
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining('alert_over')])
  })

  it('works on the database itself while the API is down', { timeout: 60_000 }, async () => {
    const id = await raise('two')
    await stopApi()
    const listed = await spark.run('alerts', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject({ items: [{ code: 'two', state: 'firing' }] })
    const { stdout, stderr } = await spark.run('alerts', 'ack', id, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ state: 'acknowledged', changedBy: 'operator' })
    expect(JSON.parse(stdout)).not.toHaveProperty('lookTs')
    expect(stderr).toContain('on the database itself')
    expect(await spark.run('alerts', 'ack', '999999')).toMatchObject({ code: 1 })
    await startApi()
    expect(await newest()).toMatchObject({ state: 'acknowledged' })
  })
})

describe('spark alert-monitor', () => {
  const start = (name: string) => {
    const file = join(spark.dataDir, name)
    return { args: ['alert-monitor', '--file', file], logged: () => readFileSync(file, 'utf8') }
  }

  it('--once says what is not good, appends it, and exits 1; no data is not good', async () => {
    const { args, logged } = start('once.log')
    // Nothing measures here: there is no executor.
    const nothing = await spark.run(...args, '--once')
    expect(nothing.stdout).toBe('❔ NO DATA: p95=no data\n❔ NO DATA: staleness=no data\n❔ NO DATA: error_rate=no data\n')
    expect([nothing.code, logged()]).toEqual([1, nothing.stdout])
    await raise('three')
    const fires = await spark.run(...args, '--once', '--json')
    expect(JSON.parse(fires.stdout)).toMatchObject({ ok: false, alerts: [{ code: 'three' }], metrics: { p95_ms: null } })
    expect(logged()).toMatch(/🚨 RED ALERT: no order is sent \[alert \d+\]\n$/)
  })

  it('shows alerts as they come and go, says each time that the API is down, and goes on', { timeout: 60_000 }, async () => {
    const { args, logged } = start('follow.log')
    await raise('before')
    const running = spark.startCommand(...args, '--every', '1', '--time')
    const says = (what: string) => eventually(what, 15_000, async () => running.log().includes(what))
    await says(' 🚨 RED ALERT: no order is sent [alert ')
    const id = await raise('now', { severity: 'yellow', message: 'confidence is low' })
    await says(`⚠️ YELLOW WARNING: confidence is low [alert ${id}]`)
    await client().call('alertAcknowledge', { params: { id }, body: {} })
    await says(`👀 ACKNOWLEDGED by operator: confidence is low [alert ${id}]`)
    await stopApi()
    await eventually('two words about it', 15_000, async () => (running.log().match(/RED ALERT: api=down/g) ?? []).length >= 2)
    await startApi()
    await says('alerts can be read again')
    await resolve(id)
    await says(`✅ RESOLVED: confidence is low [alert ${id}]`)
    running.child.kill('SIGTERM')
    await running.ended
    const lines = running
      .log()
      .split('\n')
      .filter((line) => /^20\d\d-/.test(line))
    expect(logged()).toBe(`${lines.join('\n')}\n`)
  })
})
