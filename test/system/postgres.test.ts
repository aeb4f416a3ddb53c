import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import {
  createSpark,
  eventually,
  featureNow,
  health,
  healthy,
  postScore,
  type Spark,
  type SparkProcess,
} from '../support/spark.ts'

let spark: Spark
let url: string
let up: SparkProcess

beforeAll(async () => {
  url = await emptyPostgres({ durable: true })
  spark = await createSpark({ DATABASE_URL: url, SPARK_CLOCK_SPEED: '6' })
  up = spark.start('up')
  await healthy(spark)
  await healthy(spark, 'executor')
}, 120_000)

afterAll(() => spark.remove())

const count = async (table: string): Promise<number> =>
  Number((await queryPostgres(url, `select count(*) from ${table}`))[0]?.['count'])

it('one host scores, trades on paper, and after kill -9 of both processes nothing acknowledged is missing', async () => {
  onTestFailed(() => console.log(up.log().slice(-5_000)))
  const before = await postScore(spark, { feature: featureNow() })
  expect(await before.json()).toMatchObject({ mode: 'preview' })
  await eventually('a paper order has filled', 240_000, async () => (await count('order_fill')) > 0)
  expect((await spark.run('doctor')).stdout).toMatch(/^database +ok +postgres:.*candles$/m)

  // The server refuses everybody, and takes them again.
  const score = async () => (await postScore(spark, { feature: featureNow() })).status
  const database = new URL(url).pathname.slice(1)
  const server = url.replace(database, 'postgres')
  await queryPostgres(server, `alter database ${database} allow_connections false`)
  await queryPostgres(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`)
  expect(await score()).toBe(503)
  // It looks once a second, and is slow before it knows.
  await eventually('health says why', 10_000, async () => (await health(spark)).reason === 'unavailable')
  await queryPostgres(server, `alter database ${database} allow_connections true`)
  await eventually('scores are answered again', 5_000, async () => (await score()) === 200)
  await healthy(spark)
  await healthy(spark, 'executor')

  const traceIds = Array.from({ length: 20 }, (_, at) => at.toString(16).padStart(32, 'a'))
  const answers = await Promise.all(
    traceIds.map((traceId) => postScore(spark, { feature: featureNow() }, { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` })),
  )
  expect(answers.map(({ status }) => status)).toEqual(traceIds.map(() => 200))
  for (const name of ['api', 'executor'] as const) {
    const { pid } = await health(spark, name)
    process.kill(pid, 'SIGKILL')
    await eventually(`another ${name} is healthy`, 60_000, async () => {
      const now = await health(spark, name)
      return now.ok && now.pid !== pid
    })
  }
  for (const traceId of traceIds)
    await eventually(`the score ${traceId}`, 10_000, async () => {
      return (
        (await queryPostgres(url, `select seq from audit_entry where action = 'ml.score' and trace_id = '${traceId}'`)).length ===
        1
      )
    })
  const fills = await count('order_fill')
  await eventually('orders fill again', 240_000, async () => (await count('order_fill')) > fills)
  expect((await spark.run('audit', 'verify')).stdout).toContain('The audit is whole.')
  up.child.kill('SIGTERM')
  expect(await up.ended).toBe(0)
}, 600_000)

it('a server that is away is named, its password is not', async () => {
  const away = await createSpark({ DATABASE_URL: 'postgres://spark:secret@127.0.0.1:1/spark' })
  try {
    const { stdout, stderr } = await away.run('strategies', 'list', '--json')
    expect(stdout + stderr).not.toContain('secret')
    const doctor = await away.run('doctor')
    expect(doctor.stdout).toContain('postgres://127.0.0.1:1/spark')
    expect(doctor.stdout + doctor.stderr).not.toContain('secret')
  } finally {
    await away.remove()
  }
}, 60_000)
