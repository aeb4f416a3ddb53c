import { systemClock } from '@spark/server/clock'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import {
  createSpark,
  eventually,
  featureNow,
  health,
  healthy,
  onlyCanary,
  postScore,
  type Spark,
  type SparkProcess,
} from '../support/spark.ts'

// PostgreSQL behind a proxy that cuts connections, or takes everything and answers nothing.

/** What the api may take for a score at most, and what a busy machine adds. */
const DEADLINE_MS = 3_000 + 1_500
const RESUME_MS = 5_000

let database: string
let proxy: FaultProxy
beforeAll(async () => {
  database = await emptyPostgres({ durable: true })
  proxy = await startFaultProxy(database)
}, 60_000)
afterAll(() => proxy.close())

async function took(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now()
  await work()
  return performance.now() - beganMs
}

describe('an installation', () => {
  let spark: Spark
  let up: SparkProcess
  beforeAll(async () => {
    spark = await createSpark({ DATABASE_URL: proxy.url })
    onlyCanary(spark)
    up = spark.start('up')
    await healthy(spark)
    // It answers from the beginning; a start that meets the fault is only tried again.
    await eventually('the executor leads', 60_000, async () => up.log().includes('this executor leads'))
  }, 120_000)
  afterAll(() => spark.remove())

  const count = async (table: string) => Number((await queryPostgres(database, `select count(*) from ${table}`))[0]?.['count'])
  const score = async () => (await postScore(spark, { feature: featureNow() })).status

  it.each(['silent', 'drop'] as const)(
    'whose server goes %s answers closed within its deadline, orders nothing, says why, and goes on within 5 s of its return',
    async (fault) => {
      onTestFailed(() => console.log(up.log().slice(-6_000)))
      await eventually('a score', 10_000, async () => (await score()) === 200)
      const pids = [(await health(spark)).pid, (await health(spark, 'executor')).pid]
      onTestFinished(() => proxy.fault('none'))
      proxy.fault(fault)
      const orders = await count('trade_order')
      const awayMs = performance.now()
      while (performance.now() - awayMs < 12_000) {
        const statuses = new Set<number>()
        const ms = await took(async () => {
          for (const status of await Promise.all([score(), score(), score()])) statuses.add(status)
        })
        expect([...statuses]).toEqual([503])
        expect(ms).toBeLessThan(DEADLINE_MS)
      }
      for (const name of ['api', 'executor'] as const) {
        const answer = await health(spark, name)
        expect(answer.ok).toBe(false)
        expect(['slow', 'unavailable']).toContain(answer.reason)
      }
      expect(await count('trade_order')).toBe(orders)
      proxy.fault('none')
      await eventually('a score again', RESUME_MS, async () => (await score()) === 200)
      await healthy(spark, 'api', RESUME_MS)
      await healthy(spark, 'executor', RESUME_MS)
      // Nobody was restarted for it.
      expect([(await health(spark)).pid, (await health(spark, 'executor')).pid]).toEqual(pids)
    },
    90_000,
  )

  it('slow by 30 ms each way scores all the same, and its audit is whole', async () => {
    proxy.delayMs = 30
    onTestFinished(() => void (proxy.delayMs = 0))
    expect(await score()).toBe(200)
    proxy.delayMs = 0
    expect((await spark.run('audit', 'verify')).stdout).toContain('The audit is whole.')
  }, 60_000)
})

describe('a server that is silent', () => {
  it('is given up by statements, by those that wait for their turn, and by appends', async () => {
    const main = await openMainDatabase({ path: proxy.url, thread: false, statementTimeoutMs: 500 })
    onTestFinished(() => main.close())
    const dataDir = mkdtempSync(join(tmpdir(), 'spark-fault-'))
    onTestFinished(() => rmSync(dataDir, { recursive: true }))
    const audit = await openAuditWriter({ dataDir, databasePath: proxy.url, writer: 'api-9', clock: systemClock })
    onTestFinished(() => audit.close())
    const append = () => audit.append({ action: 'process.start', actor: 'api-9', result: 'ok', context: {} })
    await append()
    proxy.fault('silent')
    onTestFinished(() => proxy.fault('none'))
    const ms = await took(async () => {
      const reads = main.db.selectFrom('installation').selectAll().execute()
      const writes = [1, 2, 3].map(() => main.probe())
      const outcomes = await Promise.allSettled([reads, ...writes, append()])
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    })
    expect(ms).toBeLessThan(9_000)
    proxy.fault('none')
    await main.probe()
    await append()
  }, 60_000)
})
