import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '@spark/contract/client'
import { dayText } from '@spark/contract/time'
import { raiseAlerts } from '../support/alerts.ts'
import { createSpark, eventually, healthy, onlyCanary, type Spark } from '../support/spark.ts'
import { startWebhook } from '../support/webhook.ts'

let spark: Spark
let hook: Awaited<ReturnType<typeof startWebhook>>
const client = () => createClient({ baseUrl: spark.apiUrl, token: spark.token() })
beforeAll(async () => {
  hook = await startWebhook()
  spark = await createSpark({ ALERT_WEBHOOK_URL: hook.url, SPARK_NOTIFY_PRIVATE: 'true' })
  onlyCanary(spark)
  spark.start('up')
  await healthy(spark)
  await healthy(spark, 'executor')
}, 60_000)
afterAll(async () => {
  await spark.remove()
  await hook.close()
})

it('five symptoms of one breach are one message, within 5 s of the first', async () => {
  const symptoms = ['p95', 'error_rate', 'staleness', 'confid', 'dlq']
  const raisedMs = performance.now()
  await raiseAlerts(
    spark,
    symptoms.map((code) => ({ severity: 'red', code, scope: 'test', message: `${code} is beyond its limit` })),
    ['webhook'],
  )
  const withIt = () => hook.received.filter(({ alerts }) => alerts.some(({ code }) => symptoms.includes(code)))
  const [first] = await eventually('the message', 15_000, async () => (withIt().length > 0 ? withIt() : null))
  const ours = first?.alerts.filter(({ code }) => symptoms.includes(code)) ?? []
  expect(ours.map(({ kind, code }) => `${kind} ${code}`)).toEqual(symptoms.map((code) => `raised ${code}`))
  expect(first?.text).toContain('🚨 RED ALERT: p95 is beyond its limit\n🚨 RED ALERT: error_rate is beyond its limit\n')
  expect((first?.atMs ?? Infinity) - raisedMs).toBeLessThan(5000)
  const firing = (await client().call('alerts', { query: { state: 'firing' } })).items.map(({ code }) => code)
  expect(firing).toEqual(expect.arrayContaining(symptoms))
  expect(withIt()).toHaveLength(1)
})

it(
  'a job that fails is told of and is the last alert in public, and that it works again is told too',
  { timeout: 60_000 },
  async () => {
    const run = () => client().call('jobRun', { params: { id: 'snapshot' }, body: {} })
    // Where the snapshot of yesterday should lie there is a folder; at midnight that of today.
    const days = [Date.now() - 86_400_000, Date.now()].map((ms) => dayText(ms).replaceAll('-', ''))
    const folders = days.map((day) => join(spark.dataDir, `audit_snapshot_${day}.json`))
    for (const folder of folders) mkdirSync(folder)
    await run()
    const told = () =>
      hook.received
        .flatMap(({ alerts }) => alerts.map(({ kind, code }) => `${kind} ${code}`))
        .filter((text) => text.endsWith(' job_failed'))
    await eventually('word of the failure', 15_000, async () => told().includes('raised job_failed'))
    const last = await client().call('alertLast')
    expect(last).toMatchObject({ status: 'OK', alert: { severity: 'red', code: 'job_failed', state: 'firing', count: 1 } })
    expect(JSON.stringify(last)).not.toContain(spark.dataDir)
    for (const folder of folders) rmdirSync(folder)
    await run()
    await eventually('word of the end', 30_000, async () => told().includes('resolved job_failed'))
    expect(hook.received.some(({ text }) => text.includes('✅ RESOLVED: the job snapshot failed'))).toBe(true)
    expect(await client().call('alertLast')).toMatchObject({ alert: { code: 'job_failed', state: 'resolved' } })
    expect(told()).toEqual(['raised job_failed', 'resolved job_failed'])
  },
)
