// POST /api/ml/score on 1, 2 and 4 api processes, each a host with a data folder of its own, on one PostgreSQL that flushes to disk.
// Client, apis and server share the processors of this machine, so what it answers a second says little of hosts with processors of
// their own. What an answer takes of a processor does, at a rate that leaves the processors time to spare: one that is short of time
// takes longer for the same, because it is taken from one process for another in the middle of things.
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@spark/server/clock'
import { startPostgres } from '@spark/server/storage/postgres/postgres-fixture'
import { featureRows } from './feature-rows.ts'
import { formatNumber, median, type Figure } from './figure.ts'
import { load, postRequest } from './load.ts'
import { processorMsOf } from './machine.ts'
import { startApi, type Listening } from './processes.ts'
import { bench, progress, temporaryFolder, type BenchOptions } from './support.ts'

const PATH = '/api/ml/score'
const PROCESSES = [1, 2, 4]
const CONNECTIONS_EACH = 16
const WARM_UP_MS = 2000
/** Of each of at most two apis: as many as leave the processors time to spare, and enough that answers share their commits. */
const EVENLY_PER_SECOND = 1000
const EVENLY: ReadonlySet<number> = new Set([1, 2])
/** Of a clock tick of the kernel, in /proc/PID/stat. */
const TICK_MS = 10

interface Round {
  perSecond: number
  p99Ms: number
  /** Time on a processor for an answer, all threads of all apis. */
  apiUs: number
  /** Likewise of all processes of PostgreSQL. */
  serverUs: number
}

/** All processes of the server: it is told of those that have ended by their parent. */
function serverProcessorMs(folder: string): number {
  const parent = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0] ?? ''
  let ms = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (pid === parent) ms += (Number(fields[13]) + Number(fields[14])) * TICK_MS
      if (pid === parent || fields[1] === parent) ms += processorMsOf(Number(pid))
    } catch {
      // It has ended meanwhile.
    }
  }
  return ms
}

async function startHosts(folder: string, url: string): Promise<Listening[]> {
  const apis: Listening[] = []
  let first: string | null = null
  for (let at = 0; at < Math.max(...PROCESSES); at++) {
    const dataDir = temporaryFolder(folder)
    if (first !== null) for (const file of ['signing.key', 'signing.pub']) copyFileSync(join(first, file), join(dataDir, file))
    apis.push(await startApi(dataDir, { DATABASE_URL: url, SPARK_HOST_NAME: `bench-${at}` }))
    first ??= dataDir
  }
  return apis
}

interface Asked {
  requests: readonly Buffer[]
  durationMs: number
  /** Of each api; default: as many as are answered. */
  perSecond?: number
}

async function round(apis: readonly Listening[], asked: Asked, folder: string): Promise<Round> {
  const apiMs = () => apis.reduce((sum, { child }) => sum + processorMsOf(child.pid ?? 0), 0)
  const before = { api: apiMs(), server: serverProcessorMs(folder) }
  const loads = apis.map(({ port }) => load({ port, connections: CONNECTIONS_EACH, ...asked }))
  const results = await Promise.all(loads)
  const answers = results.reduce((sum, result) => sum + result.answers, 0)
  return {
    perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    apiUs: ((apiMs() - before.api) / answers) * 1000,
    serverUs: ((serverProcessorMs(folder) - before.server) / answers) * 1000,
  }
}

interface Rounds {
  /** By the number of apis. */
  busy: Map<number, Round[]>
  evenly: Map<number, Round[]>
}

async function allRounds(apis: readonly Listening[], folder: string, options: BenchOptions): Promise<Rounds> {
  const rows = featureRows(64, systemClock.nowMs())
  const requests = rows.map((feature, at) => postRequest(PATH, { feature, strategyId: `s-${at % 12}` }))
  await round(apis, { requests, durationMs: WARM_UP_MS }, folder)
  const none = () => new Map<number, Round[]>(PROCESSES.map((count) => [count, []]))
  const rounds = { busy: none(), evenly: none() }
  for (let at = 1; at <= options.rounds; at++)
    // In turn from either end, so that what drifts on the machine hits all.
    for (const count of at % 2 === 1 ? PROCESSES : PROCESSES.toReversed()) {
      const asked = { requests, durationMs: options.roundMs }
      const some = apis.slice(0, count)
      rounds.busy.get(count)?.push(tell(`${count} processes, round ${at}`, await round(some, asked, folder)))
      if (!EVENLY.has(count)) continue
      const evenly = await round(some, { ...asked, perSecond: EVENLY_PER_SECOND }, folder)
      rounds.evenly.get(count)?.push(tell(`${count} processes evenly, round ${at}`, evenly))
    }
  return rounds
}

function tell(which: string, one: Round): Round {
  progress(
    `score-postgres, ${which}: ${formatNumber(one.perSecond)}/s, p99 ${formatNumber(one.p99Ms)} ms, ` +
      `${formatNumber(one.apiUs)} µs of the apis, ${formatNumber(one.serverUs)} µs of PostgreSQL`,
  )
  return one
}

function figuresOf({ busy, evenly }: Rounds): Figure[] {
  const of = (rounds: Map<number, Round[]>, count: number, pick: (one: Round) => number) => (rounds.get(count) ?? []).map(pick)
  const middle = (...asked: Parameters<typeof of>) => formatNumber(median(of(...asked)))
  const measured = PROCESSES.map((count): Figure => ({
    what: `score on PostgreSQL, ${count} api processes`,
    baseline: null,
    unit: 'answers/s',
    values: of(busy, count, ({ perSecond }) => perSecond),
    target: null,
    note:
      `client, apis and server on the same processors; p99 ${middle(busy, count, ({ p99Ms }) => p99Ms)} ms; processor time an answer: ` +
      `${middle(busy, count, ({ apiUs }) => apiUs)} µs of the apis, ${middle(busy, count, ({ serverUs }) => serverUs)} µs of PostgreSQL`,
  }))
  const alone = of(evenly, 1, ({ apiUs }) => apiUs)
  return [
    ...measured,
    {
      what: 'score on PostgreSQL, two hosts with processors of their own, modelled',
      baseline: 'one host',
      unit: 'times the throughput',
      values: of(evenly, 2, ({ apiUs }) => apiUs).map((us, at) => 2 * Math.min(1, (alone[at] ?? Number.NaN) / us)),
      target: { atLeast: 1.6 },
      note:
        `2, or less where an answer takes more beside another api: it takes ${middle(evenly, 1, ({ apiUs }) => apiUs)} µs of an api alone ` +
        `and ${middle(evenly, 2, ({ apiUs }) => apiUs)} µs of two, at ${EVENLY_PER_SECOND} a second each; as long as PostgreSQL is not the limit`,
    },
    {
      what: 'score on PostgreSQL, most that one processor of the server carries, modelled',
      baseline: null,
      unit: 'answers/s',
      values: of(evenly, 2, ({ serverUs }) => 1e6 / serverUs),
      target: null,
      note: `one second over what an answer takes of PostgreSQL with two apis at ${EVENLY_PER_SECOND} a second each, its index of the audit included`,
    },
  ]
}

await bench({ rounds: 5, roundMs: 4000 }, async (options) => {
  const addressOf = await startPostgres({ durable: true, disk: true })
  const url = addressOf('postgres')
  const folder = decodeURIComponent(new URL(url).hostname)
  const apis = await startHosts(options.folder, url)
  return figuresOf(await allRounds(apis, folder, options))
})
