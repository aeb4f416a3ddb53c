import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '@spark/contract/client'
import { raiseAlerts } from '../support/alerts.ts'
import { createSpark, eventually, healthy, onlyCanary, type Spark } from '../support/spark.ts'

interface Received {
  atMs: number
  text: string
  code: string
  alerts: { kind: string; severity: string; code: string; message: string }[]
}

let spark: Spark
let server: Server
/** What came to the webhook, in order. */
let received: Received[]
const client = () => createClient({ baseUrl: spark.apiUrl, token: spark.token() })
beforeAll(async () => {
  received = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      received.push({ ...(JSON.parse(body) as Received), atMs: performance.now() })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  spark = await createSpark({ ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/hook`, SPARK_NOTIFY_PRIVATE: 'true' })
  onlyCanary(spark)
  spark.start('up')
  await healthy(spark)
  await healthy(spark, 'executor')
}, 60_000)
afterAll(async () => {
  await spark.remove()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

it('five symptoms of one breach are one message, within 5 s of the first', async () => {
  const symptoms = ['p95', 'error_rate', 'staleness', 'confid', 'dlq']
  const raisedMs = performance.now()
  await raiseAlerts(
    spark,
    symptoms.map((code) => ({ severity: 'red', code, scope: 'test', message: `${code} is beyond its limit` })),
    ['webhook'],
  )
  const withIt = () => received.filter(({ alerts }) => alerts.some(({ code }) => symptoms.includes(code)))
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
    const run = () => client().call('jobRun', { params: { id: 'backup' }, body: {} })
    // Where the backups should lie there is a file.
    const backups = join(spark.dataDir, 'backups')
    writeFileSync(backups, '')
    await run()
    const told = () =>
      received
        .flatMap(({ alerts }) => alerts.map(({ kind, code }) => `${kind} ${code}`))
        .filter((text) => text.endsWith(' job_failed'))
    await eventually('word of the failure', 15_000, async () => told().includes('raised job_failed'))
    const last = await client().call('alertLast')
    expect(last).toMatchObject({ status: 'OK', alert: { severity: 'red', code: 'job_failed', state: 'firing', count: 1 } })
    expect(JSON.stringify(last)).not.toContain(spark.dataDir)
    rmSync(backups)
    await run()
    await eventually('word of the end', 30_000, async () => told().includes('resolved job_failed'))
    expect(received.some(({ text }) => text.includes('✅ RESOLVED: the job backup failed'))).toBe(true)
    expect(await client().call('alertLast')).toMatchObject({ alert: { code: 'job_failed', state: 'resolved' } })
    expect(told()).toEqual(['raised job_failed', 'resolved job_failed'])
  },
)
