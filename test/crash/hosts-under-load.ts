import { setTimeout as wait } from 'node:timers/promises'
import { createRandom, randomInteger, type RandomState } from '@spark/core/stats/random'
import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { crashPostgres } from '@spark/server/storage/postgres/postgres-fixture'
import { epochProblems, epochsOf, ownerProblems, takenFromOthers } from '../support/check-owners.ts'
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts'
import { createHost, joinHost, orderRows } from '../support/hosts.ts'
import { scoreProblems, startScores } from '../support/scores.ts'
import { eventually, healthy, type Spark, type SparkProcess } from '../support/spark.ts'
import { bookProblems, strategyProblems, toldOrders, type Placed } from '../support/told-orders.ts'

/** Three apis, two executors. */
const HOSTS = [
  { name: 'a', executor: true },
  { name: 'b', executor: true },
  { name: 'c', executor: false },
] as const
const CONNECTIONS_A_HOST = 3
const FLATTEN_EVERY_MS = 12_000
const ROLLOUT_EVERY_MS = 15_000
const FAULT_EVERY_MS = 4_000
const AGAIN_MS = 500

/** Each happens once before one of them happens again. */
export const FAULTS = [
  'kill -9',
  'SIGSTOP',
  'connections cut',
  'connections silent',
  'connections slow',
  'PostgreSQL started again',
] as const
type Fault = (typeof FAULTS)[number]

export interface HostsFigures {
  faults: Record<Fault, number>
  /** Scores that were answered, and orders that reached the venue. */
  answered: number
  orders: number
  /** Epochs that a fence began while all went on, and leases that were taken from a member who had not given them. */
  epochs: number
  takenOver: number
  /** What is wrong at the end. */
  problems: string[]
}

/** What goes on. */
interface Run {
  loads: boolean
  restarts: boolean
}

interface Kept {
  process: SparkProcess
  isPaused: boolean
}

interface Host {
  spark: Spark
  proxy: FaultProxy
  kept: Map<'api' | 'executor', Kept>
}

interface LoadOptions {
  forMs: number
  /** A process is stopped for two seconds up to this. */
  pauseMaxMs: number
  seed: number
}

/** Load on every host for so long, with faults drawn from the seed, each host behind a proxy of its own. Then all is healed, and looked at. */
export async function hostsUnderLoad({ forMs, pauseMaxMs, seed }: LoadOptions): Promise<HostsFigures> {
  const url = await emptyPostgres({ durable: true, crashes: true })
  const hosts: Host[] = []
  const state: Run = { loads: true, restarts: true }
  try {
    for (const { name, executor } of HOSTS) hosts.push(await openHost(url, name, executor, hosts[0]?.spark ?? null, state))
    for (const { spark, kept } of hosts) for (const entry of kept.keys()) await healthy(spark, entry)
    const loads = hosts.map(({ spark }) => startScores(spark, CONNECTIONS_A_HOST))
    const work = operate(hosts, state)
    const faults = await makeFaults(hosts, { forMs, pauseMaxMs, random: createRandom(seed) })
    state.loads = false
    const answered = new Set((await Promise.all(loads.map((load) => load.stop()))).flatMap((traces) => [...traces]))
    await work
    return { faults, answered: answered.size, ...(await lookedAt(url, hosts, answered, state)) }
  } catch (error) {
    const logs = hosts.flatMap(({ kept }) => [...kept.values()].map(({ process }) => process.log().slice(-3000)))
    throw new Error(`the logs end with:\n${logs.join('\n===\n')}`, { cause: error })
  } finally {
    state.restarts = false
    for (const { spark, proxy } of hosts) {
      await spark.remove()
      await proxy.close()
    }
  }
}

async function openHost(url: string, name: string, executor: boolean, first: Spark | null, state: Run): Promise<Host> {
  const proxy = await startFaultProxy(url)
  const spark = await createHost(proxy.url, name)
  // A rollout needs a strategy on the canary stream.
  spark.env['CANARY_TIMEFRAME'] = '1m'
  const host: Host = { spark, proxy, kept: new Map() }
  const start = (entry: 'api' | 'executor') => {
    const process = spark.start(entry)
    host.kept.set(entry, { process, isPaused: false })
    void process.ended.then(() => wait(AGAIN_MS)).then(() => void (state.restarts && start(entry)))
  }
  if (first !== null) joinHost(first, spark, 'clock.json')
  start('api')
  await healthy(spark)
  if (executor) start('executor')
  return host
}

/**
 * What people do meanwhile, each time through another host. Baselines enter again at the next candle after a flatten: so there are orders
 * all the time. A rollback begins an epoch, and what was decided before it may not enter any more.
 */
async function operate(hosts: readonly Host[], state: Run): Promise<void> {
  const again = async (everyMs: number, commands: readonly (readonly string[])[]) => {
    for (let at = 0; state.loads; at++) {
      await wait(everyMs)
      // One that fails meets a fault; the next round says it again.
      await hosts[at % hosts.length]?.spark.run(...(commands[at % commands.length] as readonly string[]))
    }
  }
  await Promise.all([
    again(FLATTEN_EVERY_MS, [['flatten', 'all', '--confirm', 'all']]),
    again(ROLLOUT_EVERY_MS, [
      ['rollout', 'rollback'],
      ['rollout', 'start'],
    ]),
  ])
}

async function makeFaults(
  hosts: readonly Host[],
  { forMs, pauseMaxMs, random }: { forMs: number; pauseMaxMs: number; random: RandomState },
): Promise<Record<Fault, number>> {
  const counts = Object.fromEntries(FAULTS.map((name) => [name, 0])) as Record<Fault, number>
  const endMs = performance.now() + forMs
  const pending: Promise<void>[] = []
  let left: Fault[] = []
  while (performance.now() < endMs) {
    const host = hosts[randomInteger(random, hosts.length)] as Host
    const entry = host.kept.has('executor') && randomInteger(random, 3) > 0 ? 'executor' : 'api'
    if (left.length === 0) left = [...FAULTS]
    const [name] = left.splice(randomInteger(random, left.length), 1) as [Fault]
    const made = makeFault(name, host, entry, { pauseMaxMs, random })
    if (made !== null) {
      counts[name] += 1
      pending.push(made)
    }
    await wait(FAULT_EVERY_MS / 2 + randomInteger(random, FAULT_EVERY_MS))
  }
  await Promise.all(pending)
  return counts
}

/** Resolves when it is over. Null: it cannot be now. */
function makeFault(
  name: Fault,
  host: Host,
  entry: 'api' | 'executor',
  { pauseMaxMs, random }: { pauseMaxMs: number; random: RandomState },
): Promise<void> | null {
  if (name === 'kill -9') return killOne(host, entry)
  if (name === 'SIGSTOP') return pauseOne(host, entry, 2_000 + randomInteger(random, pauseMaxMs - 2_000))
  if (name === 'connections cut') return proxyFault(host, 'drop', 500 + randomInteger(random, 4_000))
  if (name === 'connections silent') return proxyFault(host, 'silent', 500 + randomInteger(random, 8_000))
  if (name === 'connections slow') return slow(host, 3_000)
  return crashServer()
}

function killOne({ kept }: Host, entry: 'api' | 'executor'): Promise<void> | null {
  return kept.get(entry)?.process.child.kill('SIGKILL') === true ? Promise.resolve() : null
}

function pauseOne({ kept }: Host, entry: 'api' | 'executor', forMs: number): Promise<void> | null {
  const one = kept.get(entry)
  return one === undefined || one.isPaused || !one.process.child.kill('SIGSTOP') ? null : whilePaused(one, forMs)
}

async function whilePaused(one: Kept, forMs: number): Promise<void> {
  one.isPaused = true
  await wait(forMs)
  one.process.child.kill('SIGCONT')
  one.isPaused = false
}

async function proxyFault({ proxy }: Host, fault: 'drop' | 'silent', forMs: number): Promise<void> {
  proxy.fault(fault)
  await wait(forMs)
  proxy.fault('none')
}

async function slow({ proxy }: Host, forMs: number): Promise<void> {
  proxy.delayMs = 50
  await wait(forMs)
  proxy.delayMs = 0
}

function crashServer(): Promise<void> {
  crashPostgres()
  return Promise.resolve()
}

/** Everything is healed; then only the venue's book and the audit are read. */
async function lookedAt(
  url: string,
  hosts: readonly Host[],
  answered: ReadonlySet<string>,
  state: Run,
): Promise<Pick<HostsFigures, 'orders' | 'epochs' | 'takenOver' | 'problems'>> {
  const [first] = hosts
  if (first === undefined) throw new Error('there is no host')
  // Nothing is entered any more, and when nothing is held nothing is left to sell: book and audit stand still.
  await first.spark.run('kill', 'all', '--reason', 'the load is over')
  await first.spark.run('flatten', 'all', '--confirm', 'all')
  const rows = await eventually('nothing is held, no order is open, and the audit has all of them', 90_000, async () => {
    const [left] = await queryPostgres(
      url,
      `select (select count(*) from position where quantity <> '0') + (select count(*) from audit_outbox)
        + (select count(*) from paper_order where state in ('open', 'partly_filled'))
        + (select count(*) from trade_order where state not in ('filled', 'cancelled', 'expired', 'rejected')) as count`,
    )
    return Number(left?.['count']) === 0 && (await orderRows(url))
  })
  state.restarts = false
  for (const { kept } of hosts) {
    kept.get('executor')?.process.child.kill('SIGTERM')
    await kept.get('executor')?.process.ended
  }
  const book = (await queryPostgres(
    url,
    'select client_order_id as id, side, filled_quantity as filled, state from paper_order',
  )) as unknown as Placed[]
  const told = toldOrders(rows)
  const { stdout } = await first.spark.run('audit', 'verify')
  const ids = book.map(({ id }) => id)
  return {
    orders: book.length,
    epochs: epochsOf(rows).length - 1,
    takenOver: takenFromOthers(rows),
    problems: [
      ...ownerProblems(rows, ids),
      ...epochProblems(rows),
      ...bookProblems(told, book),
      ...strategyProblems(told),
      ...(await scoreProblems({ dataDir: first.spark.dataDir, databasePath: url }, answered)),
      ...(stdout.includes('The audit is whole.') ? [] : [stdout]),
    ],
  }
}
