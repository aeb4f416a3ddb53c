import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest'
import { ownerProblems } from '../support/check-owners.ts'
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts'
import { SYMBOLS, createPair, leasesOf, orderRows, streamsOf } from '../support/hosts.ts'
import { eventually, health, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

/** The canary stream and one of each symbol. */
const STREAMS = 1 + SYMBOLS.length
const TAKEN_OVER_WITHIN_MS = 15_000
const PAUSED_MS = 30_000

let url: string
let api: SparkProcess
const sparks: Spark[] = []
const hosts = new Map<string, { spark: Spark; proxy: FaultProxy; executor: SparkProcess }>()

beforeAll(async () => {
  url = await emptyPostgres({ durable: true })
  const pair = await createPair(url, (spark) => sparks.push(spark))
  api = pair.api
  for (const [name, spark] of [['a', pair.a] as const, ['b', pair.b] as const]) {
    const proxy = await startFaultProxy(url)
    spark.env['DATABASE_URL'] = proxy.url
    hosts.set(name, { spark, proxy, executor: spark.start('executor') })
  }
}, 60_000)

afterAll(async () => {
  for (const spark of sparks) await spark.remove()
  for (const { proxy } of hosts.values()) await proxy.close()
})

const query = (sql: string) => queryPostgres(url, sql)

const leads = async (name: string) => (await leasesOf(url, name)).includes('leader')
const filledBy = async (name: string): Promise<number> =>
  Number(
    (
      await query(`select count(*) as count from trade_order join lease on lease.name = symbol || '-' || tf
        where state = 'filled' and holder = '${name}.executor' and owner_number = number`)
    )[0]?.['count'],
  )

const lostHosts = async () =>
  (await query("select scope from alert where code = 'host_lost' and resolved_ts is null")).map(({ scope }) => String(scope))

/** Real ms until this host has every stream and the lead. */
async function takenOverBy(name: string): Promise<number> {
  const beganMs = performance.now()
  await eventually(
    `${name} has everything`,
    TAKEN_OVER_WITHIN_MS,
    async () => (await streamsOf(url, name)).length === STREAMS && leads(name),
  )
  return performance.now() - beganMs
}

/** What is held is sold: an order for each, on the streams as they are owned now. */
async function trades(name: string): Promise<void> {
  const before = await filledBy(name)
  await eventually(`${name} trades what it has`, 40_000, async () => {
    await sparkOf('a').run('flatten', 'all', '--confirm', 'all')
    return (await filledBy(name)) > before
  })
}

function sparkOf(name: string): Spark {
  return hosts.get(name)?.spark as Spark
}

function executorOf(name: string): SparkProcess {
  return hosts.get(name)?.executor as SparkProcess
}

function start(name: string): void {
  const host = hosts.get(name)
  if (host !== undefined) host.executor = host.spark.start('executor')
}

/** Its leases were another's when it was heard of again. It led, and does so no more: it ends, and its supervisor would start it anew. */
async function comesBack(name: string): Promise<void> {
  expect(await executorOf(name).ended).toBe(1)
  start(name)
  await eventually(`${name} gets its streams back`, 30_000, async () => (await streamsOf(url, name)).length > 0)
}

it('two executors share the streams; of one that is paused, cut off or killed the other takes them over and tells it, and nothing stale is sent', async () => {
  onTestFailed(async () => {
    console.log([api, executorOf('a'), executorOf('b')].map((one) => one.log().slice(-6_000)).join('\n===\n'))
    console.log(await query('select name, holder, number from lease order by name'))
    console.log(await query('select symbol, purpose, state, reason, owner_number from trade_order order by created_at'))
  })
  for (const { spark } of hosts.values()) await healthy(spark, 'executor')
  await eventually('both have streams, all of them together', 30_000, async () => {
    const [a, b] = [(await streamsOf(url, 'a')).length, (await streamsOf(url, 'b')).length]
    return a > 0 && b > 0 && a + b === STREAMS
  })
  // What the first of them bought while it was alone, the other sells.
  await trades('a')
  await trades('b')

  // Paused: the other has everything long before it wakes up.
  const [paused, other] = (await leads('a')) ? ['a', 'b'] : ['b', 'a']
  const { pid } = executorOf(paused).child
  const pausedAtMs = performance.now()
  process.kill(pid as number, 'SIGSTOP')
  const pausedMs = await takenOverBy(other)
  await trades(other)
  await eventually('it was away long enough', PAUSED_MS, async () => performance.now() - pausedAtMs > PAUSED_MS)
  process.kill(pid as number, 'SIGCONT')
  await comesBack(paused)

  // Cut off from the database: its connections are there and carry nothing, and what is asked for meanwhile the other does.
  const { proxy } = hosts.get(other) as { proxy: FaultProxy }
  proxy.fault('silent')
  const cutMs = await takenOverBy(paused)
  await trades(paused)
  expect((await health(sparkOf(other), 'executor')).ok).toBe(false)
  proxy.fault('none')
  await comesBack(other)

  // Killed.
  const killed = await health(sparkOf(paused), 'executor')
  process.kill(killed.pid, 'SIGKILL')
  const killedMs = await takenOverBy(other)
  await trades(other)
  await eventually(`${paused} is told as lost`, 60_000, async () => (await lostHosts()).includes(`host:${paused}`))
  start(paused)
  await eventually('it is heard of again', 60_000, async () => !(await lostHosts()).includes(`host:${paused}`))
  executorOf(paused).child.kill('SIGTERM')
  expect(await executorOf(paused).ended).toBe(0)
  const [ofPause, ofCut, ofKill] = [pausedMs, cutMs, killedMs].map(Math.round)
  console.log(`taken over within ${ofPause} ms of a pause, ${ofCut} ms of a cut, ${ofKill} ms of kill -9`)

  // The chain of orders is held for 15 s after its last holder was heard of.
  const sent = async () => (await orderRows(url)).filter(({ action }) => action === 'order.sending').length
  const known = Number((await query('select count(*)::int as count from paper_order'))[0]?.['count'])
  await eventually('what was sent is in the audit', 30_000, async () => (await sent()) >= known)
  executorOf(other).child.kill('SIGTERM')
  expect(await executorOf(other).ended).toBe(0)
  expect(known).toBeGreaterThan(4)
  const rows = await orderRows(url)
  const atVenue = (await query('select client_order_id as id from paper_order')).map(({ id }) => String(id))
  expect(ownerProblems(rows, atVenue)).toEqual([])
  expect((await sparkOf('a').run('audit', 'verify')).stdout).toContain('The audit is whole.')
}, 300_000)
