import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createStrategyStore } from '@spark/server/storage/strategy-store'
import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listen } from '../support/event-stream.ts'
import { joinHost } from '../support/hosts.ts'
import { createSpark, eventually, featureNow, healthy, postScore, type Spark, type SparkProcess } from '../support/spark.ts'

// Apis on hosts of their own: data folders, tokens and ports apart, one PostgreSQL.

const PASSWORD = 'canary-gravel-tuesday'
const EXIT_CONFIG = 78
let url: string
let a: Spark
let b: Spark
let first: SparkProcess
const others: Spark[] = []

async function host(name: string, env: Record<string, string> = {}): Promise<Spark> {
  const spark = await createSpark({ DATABASE_URL: url, SPARK_HOST_NAME: name, ...env })
  others.push(spark)
  return spark
}

/** Two more on a database of their own, with their apis. */
async function pair(names: readonly [string, string], env: Record<string, string> = {}): Promise<[Spark, Spark]> {
  const own = { DATABASE_URL: await emptyPostgres({ durable: true }), ...env }
  const [one, other] = [await host(names[0], own), await host(names[1], own)]
  one.start('api')
  await healthy(one)
  joinHost(one, other)
  other.start('api')
  await healthy(other)
  return [one, other]
}

beforeAll(async () => {
  url = await emptyPostgres({ durable: true })
  ;[a, b] = [await host('a'), await host('b')]
  first = a.start('api')
  await healthy(a)
  joinHost(a, b)
  b.start('api')
  await healthy(b)
}, 120_000)
afterAll(() => Promise.all(others.map((spark) => spark.remove())))

function post(spark: Spark, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-spark-request': '1' }
  return fetch(`${spark.apiUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}
const rollout = async (spark: Spark, headers: Record<string, string>) =>
  (await fetch(`${spark.apiUrl}/api/rollout`, { headers })).status

it('a score at one host is an event at the other, once, and its row bears the name of its host', async () => {
  const stream = listen(b.apiUrl)
  await eventually('the stream of b', 10_000, async () => stream.events.some(({ event }) => event === 'metrics'))
  const traceId = 'c'.repeat(32)
  const answer = await postScore(a, { feature: featureNow() }, { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` })
  expect(answer.status).toBe(200)
  const heard = () => stream.events.filter(({ event, data }) => event === 'audit' && data['traceId'] === traceId)
  const [event] = await eventually('the event', 5_000, async () => heard().length > 0 && heard())
  expect(event?.data['id']).toMatch(/^a\.api-1-\d+$/)

  // Who breaks off there goes on at the other host, behind what was seen.
  const resumed = listen(a.apiUrl, stream.events.findLast(({ id }) => id !== '')?.id)
  const next = 'd'.repeat(32)
  await postScore(b, { feature: featureNow() }, { traceparent: `00-${next}-${'b'.repeat(16)}-01` })
  await eventually('the next event', 5_000, async () => resumed.events.some(({ data }) => data['traceId'] === next))
  expect(resumed.events.filter(({ data }) => data['traceId'] === traceId)).toEqual([])
  expect(heard()).toHaveLength(1)
  for (const one of [stream, resumed]) one.close()
})

it('a rollout that is begun, paused and killed at one host, and its alert, are events at the other', async () => {
  const [e, f] = await pair(['e', 'f'])
  const database = await openMainDatabase({ path: e.databasePath, thread: false })
  const canary = (at: number) => ({ id: `s${at}`, name: `s${at}`, symbol: 'BTCUSDT', tf: '1h' as const })
  const rest = { capital: '1000', mode: 'paper', status: 'running', baseline: 'ema_cross', exposed: false } as const
  await createStrategyStore(database.db).install(
    Array.from({ length: 12 }, (_, at) => ({ ...canary(at), ...rest })),
    0,
  )
  await database.close()
  const stream = listen(f.apiUrl)
  await eventually('the stream of f', 10_000, async () => stream.events.some(({ event }) => event === 'rollout'))
  const heard = (event: string, field: string) =>
    stream.events.filter((one) => one.event === event).map(({ data }) => data[field])
  const begun = await e.run('rollout', 'start', '--reason', 'a test')
  expect([begun.code, begun.stderr]).toEqual([0, ''])
  await eventually('it begins', 5_000, async () => heard('rollout', 'phase').includes('preview'))
  await e.run('rollout', 'pause', '--reason', 'a test')
  await eventually('its pause', 5_000, async () => heard('rollout', 'subState').includes('paused'))
  await e.run('kill', 'all', '--reason', 'a test')
  await eventually('its end', 5_000, async () => heard('rollout', 'phase').includes('killed'))
  await eventually('the alert', 5_000, async () => heard('alert', 'code').includes('rollout_killed'))
  stream.close()
}, 120_000)

it('who signs in at one host is known at the other, and so are tokens; wrong passwords count at both', async () => {
  const link = await eventually('the link', 5_000, async () => /\/setup#([\w-]{43})/.exec(first.log())?.[1])
  const opened = await post(a, '/api/session/setup', { token: link, password: PASSWORD })
  const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  expect(await rollout(b, { cookie })).toBe(200)
  const token = (await b.run('tokens', 'add', 'admin', 'watchdog', '--may', 'canRead', '--days', '1')).stdout.trim()
  expect(await rollout(a, { authorization: `Bearer ${token}` })).toBe(200)
  // That of the machine's owner is of its own folder.
  expect(await rollout(a, { authorization: `Bearer ${a.token()}` })).toBe(200)
  expect(await rollout(a, { authorization: `Bearer ${b.token()}` })).toBe(401)

  const statuses: number[] = []
  for (let at = 0; at < 6; at++)
    statuses.push((await post(at % 2 === 0 ? a : b, '/api/session', { name: 'admin', password: 'canary-wrong' })).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
})

it('who asks too often at one host is refused at the other', async () => {
  const [c, d] = await pair(['c', 'd'], { SPARK_RATE_LIMIT_PER_MIN: '300' })
  const asked = async (spark: Spark) => (await fetch(`${spark.apiUrl}/api/ml/version`)).status
  let askedAtD = 0
  await eventually('429 at both', 10_000, async () => {
    while ((await asked(c)) === 200);
    askedAtD += 1
    return (await asked(d)) === 429
  })
  expect(askedAtD).toBeLessThan(300)
}, 120_000)

it('another folder under the name of a host, and one with a signing key of its own, do not start', async () => {
  const twin = await host('b')
  joinHost(a, twin)
  expect(await twin.start('api').ended).toBe(1)
  const stranger = await host('c')
  const process = stranger.start('api')
  expect(await process.ended).toBe(EXIT_CONFIG)
  expect(process.log()).toContain('is not the key that signs the audit in this database')
  // Nor does `spark up` lower anything for the others before it is refused.
  const applied = () => queryPostgres(url, `select name, value from live_setting order by name`)
  const before = await applied()
  for (const spark of [twin, stranger]) {
    spark.env['FEATURE_ML_SCORING'] = '0'
    expect(await spark.start('up').ended).not.toBe(0)
  }
  expect(await applied()).toEqual(before)
  await healthy(b)
}, 120_000)

it('one audit holds the rows of both, whole, signed by one key', async () => {
  const reported = () => queryPostgres(url, 'select process from process_report order by process')
  await eventually('both report', 10_000, async () => (await reported()).length === 2)
  expect((await reported()).map(({ process }) => process)).toEqual(['a.api-1', 'b.api-1'])
  for (const spark of [a, b]) {
    const { stdout } = await spark.run('audit', 'verify')
    expect(stdout).toMatch(/^a\.api-1 /m)
    expect(stdout).toMatch(/^b\.api-1 /m)
    expect(stdout).toContain('The audit is whole.')
  }
})
