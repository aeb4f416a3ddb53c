// POST /api/ml/score, one api worker, every row on disk before its answer, against the same route doing nothing.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@spark/server/clock'
import { formatNumber, median, type Figure } from './figure.ts'
import { featureRows } from './feature-rows.ts'
import { load, postRequest, type LoadResult } from './load.ts'
import { processorMsOf } from './machine.ts'
import { freePort } from '@spark/server/free-port-fixture'
import { startApi, startModule, type Listening } from './processes.ts'
import { bench, progress, temporaryFolder, until, type BenchOptions } from './support.ts'

const PATH = '/api/ml/score'
const WARM_UP_MS = 2000
const SETTLE_LIMIT_MS = 120_000
/** Rows that are laid on the index before a sustained round: just above what the audit thread lets it lag (LAG_ROWS_MAX). */
const BACKLOG_ROWS = 101_000
const BASELINE = 'same route doing nothing'

interface Servers {
  api: Listening
  empty: Listening
  requests: Buffer[]
  /** Brings the api's index so far behind that appends give way to it. */
  layBacklog(): Promise<void>
}

/** `processorUs`: time on a processor for an answer, all threads of the server together. */
type ServerLoad = LoadResult & { processorUs: number }

interface Round {
  api: ServerLoad
  empty: ServerLoad
}

async function startServers(folder: string): Promise<Servers> {
  const dataDir = temporaryFolder(folder)
  const api = await startApi(dataDir)
  const rows = featureRows(64, systemClock.nowMs())
  const requests = rows.map((feature, at) => postRequest(PATH, { feature, strategyId: `s-${at % 12}` }))
  const first = await fetch(`http://127.0.0.1:${api.port}${PATH}`, { method: 'POST', body: JSON.stringify({ feature: rows[0] }) })
  const answer = await first.text()
  if (first.status !== 200 || answer.includes('_err')) throw new Error(`the api does not score: ${answer}`)
  const empty = await startEmptyRoute(dataDir, answer)
  const token = readFileSync(join(dataDir, 'operator.token'), 'utf8').trim()
  const features = featureRows(1000, systemClock.nowMs())
  const batch = postRequest('/api/ml/score/batch', { features }, { authorization: `Bearer ${token}` })
  return {
    api,
    empty,
    requests,
    async layBacklog() {
      let rowsLaid = 0
      while (rowsLaid < BACKLOG_ROWS) {
        const { answers } = await load({ port: api.port, connections: 4, durationMs: 500, requests: [batch] })
        rowsLaid += answers * features.length
      }
    },
  }
}

async function startEmptyRoute(dataDir: string, answer: string): Promise<Listening> {
  const port = await freePort()
  const env = { SPARK_DATA_DIR: dataDir, SPARK_API_PORT: String(port), SPARK_RATE_LIMIT_PER_MIN: '100000000' }
  const started = startModule('./empty-route.ts', env, [answer])
  await once(started.child, 'message')
  return { ...started, port }
}

/** The index is built while nothing waits; a baseline measured meanwhile would be measured beside it. */
async function indexBuilt(port: number): Promise<void> {
  await until('audit index built', SETTLE_LIMIT_MS, 250, async () => {
    // Health probes the audit writer, which brings its figures up to date.
    await (await fetch(`http://127.0.0.1:${port}/api/healthz`)).arrayBuffer()
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return text.includes('\nspark_audit_index_lag_rows 0\n')
  })
}

/** Api and empty route one after the other, the first one in turn, so that what drifts on the machine hits both. */
async function pairedRounds(
  servers: Servers,
  { rounds, roundMs }: BenchOptions,
  connections: number,
  sustained: boolean,
): Promise<Round[]> {
  const loaded = async ({ port, child }: Listening): Promise<ServerLoad> => {
    const beforeMs = processorMsOf(child.pid ?? 0)
    const result = await load({ port, connections, durationMs: roundMs, requests: servers.requests })
    return { ...result, processorUs: ((processorMsOf(child.pid ?? 0) - beforeMs) / result.answers) * 1000 }
  }
  const empty = () => loaded(servers.empty)
  const api = async () => {
    if (sustained) await servers.layBacklog()
    const result = await loaded(servers.api)
    await indexBuilt(servers.api.port)
    return result
  }
  const results: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    let result: Round
    if (round % 2 === 1) result = { api: await api(), empty: await empty() }
    else {
      const first = await empty()
      result = { api: await api(), empty: first }
    }
    results.push(result)
    progress(
      `score, ${connections} connections, round ${round}/${rounds}: ${formatNumber(result.api.perSecond)}/s against ` +
        `${formatNumber(result.empty.perSecond)}/s, p99 ${formatNumber(result.api.p99Ms)} against ${formatNumber(result.empty.p99Ms)} ms`,
    )
  }
  return results
}

function throughputFigure(rounds: readonly Round[], what: string, note: string): Figure {
  const of = (pick: (round: Round) => number) => formatNumber(median(rounds.map(pick)))
  return {
    what,
    baseline: BASELINE,
    unit: 'of its requests/s',
    values: rounds.map(({ api, empty }) => api.perSecond / empty.perSecond),
    target: { atLeast: 0.6 },
    note:
      `${of(({ api }) => api.perSecond)}/s against ${of(({ empty }) => empty.perSecond)}/s; processor time an answer, all threads: ` +
      `${of(({ api }) => api.processorUs)} against ${of(({ empty }) => empty.processorUs)} µs; answers of ${of(({ api }) => api.answerBytes)} and ` +
      `${of(({ empty }) => empty.answerBytes)} bytes; ${note}`,
  }
}

function latencyFigure(rounds: readonly Round[], what: string, targeted: boolean): Figure {
  const of = (pick: (round: Round) => number) => formatNumber(median(rounds.map(pick)))
  return {
    what,
    baseline: BASELINE,
    unit: 'ms',
    values: rounds.map(({ api }) => api.p99Ms),
    target: targeted ? { under: 25 } : null,
    note: `at full load; baseline p99 ${of(({ empty }) => empty.p99Ms)} ms; p50 ${of(({ api }) => api.p50Ms)} against ${of(({ empty }) => empty.p50Ms)} ms`,
  }
}

await bench({ rounds: 7, roundMs: 4000 }, async (options) => {
  const servers = await startServers(options.folder)
  for (const { port } of [servers.empty, servers.api]) {
    progress('score: warming up')
    await load({ port, connections: 32, durationMs: WARM_UP_MS, requests: servers.requests })
  }
  await indexBuilt(servers.api.port)
  const figures: Figure[] = []
  for (const connections of [32, 128]) {
    const rounds = await pairedRounds(servers, options, connections, false)
    figures.push(
      throughputFigure(rounds, `score, ${connections} connections`, 'the audit index is built after the round'),
      latencyFigure(rounds, `score, ${connections} connections, p99`, connections === 32),
    )
  }
  if (options.full) {
    const rounds = await pairedRounds(servers, options, 32, true)
    figures.push(
      throughputFigure(
        rounds,
        'score, 32 connections, for minutes',
        'the index is 100,000 rows behind, so every commit also indexes',
      ),
      latencyFigure(rounds, 'score, 32 connections, for minutes, p99', false),
    )
  }
  return figures
})
