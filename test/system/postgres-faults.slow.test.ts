import { systemClock } from '@spark/server/clock'
import { openAuditWriter } from '@spark/server/storage/audit/audit-writer'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { openPaperBook } from '@spark/server/storage/open-paper-book'
import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { SYMBOLS } from '../support/hosts.ts'
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
const SPEED = 6
/** Of 1m at this speed: one closes while the server is away. */
const CANDLE_MS = 60_000 / SPEED
const AWAY_MS = CANDLE_MS + 2_000
/** A strategy on 1m for each symbol; so many errors are a breach, and a rollback would end the polls. */
const MORE = `${SYMBOLS.map((symbol) => `  - { id: ${symbol.toLowerCase()}, symbol: ${symbol}, tf: 1m }\n`).join('')}rollout: { fastEvents: 100000 }\n`

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
    spark = await createSpark({ DATABASE_URL: proxy.url, SPARK_CLOCK_SPEED: String(SPEED) })
    onlyCanary(spark, MORE)
    up = spark.start('up')
    await healthy(spark)
    // It answers from the beginning; a start that meets the fault is only tried again.
    await eventually('the executor leads', 60_000, async () => up.log().includes('this executor leads'))
  }, 120_000)
  afterAll(() => spark.remove())

  const count = async (rows: string) => Number((await queryPostgres(database, `select count(*) from ${rows}`))[0]?.['count'])
  const HELD = "position where quantity <> '0'"
  const score = async () => {
    const response = await postScore(spark, { feature: featureNow() })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const scored = async () => (await score()).status === 200
  /** Its own api was asked, and has answered, since this moment. */
  const polledSince = async (sinceMs: number) => {
    const { lastScoreAgeS = null } = await health(spark, 'executor')
    return lastScoreAgeS !== null && (1000 * lastScoreAgeS) / SPEED < performance.now() - sinceMs
  }

  /** Strategies that were long until now enter again at the next close: then orders are due. */
  async function sellAll(): Promise<void> {
    await eventually('something is held', 60_000, async () => (await count(HELD)) > 0)
    await eventually('nothing is held', 60_000, async () => {
      await spark.run('flatten', 'all', '--confirm', 'all')
      return eventually('it is sold', 2_000, async () => (await count(HELD)) === 0).catch(() => false)
    })
  }

  it.each(['silent', 'drop'] as const)(
    'whose server goes %s answers closed within its deadline, orders nothing, says why, and goes on within 5 s of its return',
    async (fault) => {
      onTestFailed(async () => {
        console.log(up.log().slice(-6_000))
        console.log(
          await queryPostgres(database, 'select symbol, purpose, state, reason, candle_ts, created_at from trade_order'),
          await queryPostgres(database, 'select status, pause_reason, count(*) from strategy group by status, pause_reason'),
        )
      })
      await eventually('a score', 10_000, scored)
      const pids = [(await health(spark)).pid, (await health(spark, 'executor')).pid]
      await sellAll()
      onTestFinished(() => proxy.fault('none'))
      proxy.fault(fault)
      const orders = await count('trade_order')
      const awayMs = performance.now()
      while (performance.now() - awayMs < AWAY_MS) {
        const ms = await took(async () => {
          for (const { status, body } of await Promise.all([score(), score(), score()])) {
            expect(status).toBe(503)
            expect(body).toMatchObject({ _err: 'storage_unavailable' })
            for (const opened of ['decision', 'score', 'confid']) expect(body).not.toHaveProperty(opened)
          }
        })
        expect(ms).toBeLessThan(DEADLINE_MS)
      }
      for (const name of ['api', 'executor'] as const) {
        const answer = await health(spark, name)
        expect(answer.ok).toBe(false)
        expect(['slow', 'unavailable']).toContain(answer.reason)
      }
      expect(await count('trade_order')).toBe(orders)
      proxy.fault('none')
      const backMs = performance.now()
      await Promise.all([
        eventually('a score again', RESUME_MS, scored),
        healthy(spark, 'api', RESUME_MS),
        healthy(spark, 'executor', RESUME_MS),
      ])
      // The executor may be waiting for a connection that was silent; orders come at the next close.
      await Promise.all([
        eventually('a poll again', 3 * CANDLE_MS, () => polledSince(backMs)),
        eventually('what was sold is bought again', 3 * CANDLE_MS, async () => (await count(HELD)) > 0),
      ])
      console.log(`${fault}: polls and orders again ${Math.round(performance.now() - backMs)} ms after the return`)
      // Nobody was restarted for it.
      expect([(await health(spark)).pid, (await health(spark, 'executor')).pid]).toEqual(pids)
    },
    180_000,
  )

  it('slow by 30 ms each way scores all the same, and its audit is whole', async () => {
    proxy.delayMs = 30
    onTestFinished(() => void (proxy.delayMs = 0))
    expect(await scored()).toBe(true)
    proxy.delayMs = 0
    expect((await spark.run('audit', 'verify')).stdout).toContain('The audit is whole.')
  }, 60_000)
})

describe('a server that is silent', () => {
  it('is given up by statements, by those that wait for their turn, by the book of the paper venue, and by appends', async () => {
    const main = await openMainDatabase({ path: proxy.url, thread: false, statementTimeoutMs: 500 })
    onTestFinished(() => main.close())
    const book = await openPaperBook({ path: proxy.url, thread: false })
    onTestFinished(() => book.close())
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
      const orders = book.db.selectFrom('paper_order').selectAll().execute()
      const outcomes = await Promise.allSettled([reads, ...writes, orders, append()])
      expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    })
    expect(ms).toBeLessThan(9_000)
    proxy.fault('none')
    await main.probe()
    await append()
  }, 60_000)
})
