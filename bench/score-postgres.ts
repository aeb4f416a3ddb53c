// POST /api/ml/score on 1, 2 and 4 api processes, each a host with a data folder of its own, on one PostgreSQL that flushes to disk.
// Client, apis and server share the processors of this machine, so what it answers a second says little of hosts with processors of
// their own. What it takes a processor for an answer does: from that the throughput of two hosts is modelled.
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
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let fields: string[]
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    } catch {
      // It has ended meanwhile.
      continue
    }
    const [own, ofEnded] = [Number(fields[11]) + Number(fields[12]), Number(fields[13]) + Number(fields[14])]
    if (pid === parent) ticks += own + ofEnded
    else if (fields[1] === parent) ticks += own
  }
  return ticks * TICK_MS
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

async function round(apis: readonly Listening[], requests: Buffer[], durationMs: number, folder: string): Promise<Round> {
  const apiMs = () => apis.reduce((sum, { child }) => sum + processorMsOf(child.pid ?? 0), 0)
  const before = { api: apiMs(), server: serverProcessorMs(folder) }
  const loads = apis.map(({ port }) => load({ port, connections: CONNECTIONS_EACH, durationMs, requests }))
  const results = await Promise.all(loads)
  const answers = results.reduce((sum, result) => sum + result.answers, 0)
  return {
    perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    apiUs: ((apiMs() - before.api) / answers) * 1000,
    serverUs: ((serverProcessorMs(folder) - before.server) / answers) * 1000,
  }
}

async function allRounds(apis: readonly Listening[], folder: string, options: BenchOptions): Promise<Map<number, Round[]>> {
  const rows = featureRows(64, systemClock.nowMs())
  const requests = rows.map((feature, at) => postRequest(PATH, { feature, strategyId: `s-${at % 12}` }))
  await round(apis, requests, WARM_UP_MS, folder)
  const rounds = new Map<number, Round[]>(PROCESSES.map((count) => [count, []]))
  for (let at = 1; at <= options.rounds; at++)
    // In turn from either end, so that what drifts on the machine hits all.
    for (const count of at % 2 === 1 ? PROCESSES : PROCESSES.toReversed()) {
      const result = await round(apis.slice(0, count), requests, options.roundMs, folder)
      rounds.get(count)?.push(result)
      progress(
        `score-postgres, ${count} processes, round ${at}/${options.rounds}: ${formatNumber(result.perSecond)}/s, p99 ` +
          `${formatNumber(result.p99Ms)} ms, ${formatNumber(result.apiUs)} µs of the apis, ${formatNumber(result.serverUs)} µs of PostgreSQL`,
      )
    }
  return rounds
}

function figuresOf(rounds: ReadonlyMap<number, Round[]>): Figure[] {
  const of = (count: number, pick: (one: Round) => number) => (rounds.get(count) ?? []).map(pick)
  const middle = (count: number, pick: (one: Round) => number) => formatNumber(median(of(count, pick)))
  const measured = PROCESSES.map((count): Figure => ({
    what: `score on PostgreSQL, ${count} api processes`,
    baseline: null,
    unit: 'answers/s',
    values: of(count, ({ perSecond }) => perSecond),
    target: null,
    note:
      `client, apis and server on the same processors; p99 ${middle(count, ({ p99Ms }) => p99Ms)} ms; processor time an answer: ` +
      `${middle(count, ({ apiUs }) => apiUs)} µs of the apis, ${middle(count, ({ serverUs }) => serverUs)} µs of PostgreSQL`,
  }))
  const alone = of(1, ({ apiUs }) => apiUs)
  return [
    ...measured,
    {
      what: 'score on PostgreSQL, two hosts with processors of their own, modelled',
      baseline: 'one host',
      unit: 'times the throughput',
      values: of(2, ({ apiUs }) => apiUs).map((us, at) => (2 * (alone[at] ?? Number.NaN)) / us),
      target: { atLeast: 1.6 },
      note: 'twice what an answer takes of an api alone, over what it takes beside another; as long as PostgreSQL is not the limit (next line)',
    },
    {
      what: 'score on PostgreSQL, most that one processor of the server carries, modelled',
      baseline: null,
      unit: 'answers/s',
      values: of(2, ({ serverUs }) => 1e6 / serverUs),
      target: null,
      note: 'one second over what an answer takes of PostgreSQL with two apis; its index of the audit included as far as it kept up',
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
