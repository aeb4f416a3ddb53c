// 10,000 strategies that ask for a score once a minute each, on `spark up` as its user starts it: what it takes of two processors,
// how long a poll waits for its durable answer, and memory; against the strategies that Spark comes with.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mergeHistograms, quantile, totalCount } from '@spark/core/stats/histogram'
import { systemClock } from '@spark/server/clock'
import { readSloSlices } from '@spark/server/slo-slices'
import { createMetricSliceStore } from '@spark/server/storage/metric-slice-store'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { formatNumber, median, type Figure } from './figure.ts'
import { memoryOf, processorMsOf } from './machine.ts'
import { sparkUp, type SparkUp } from './spark-up.ts'
import { bench, progress, temporaryFolder, until } from './support.ts'

const STRATEGIES = 10_000
const SLICE_MS = 30_000
/** A slice is sealed 5 s after its end. */
const SEALED_MS = 7000
const WARM_UP_MS = 65_000
const PROCESSORS = 2

interface Round {
  /** Share of two processors, percent. */
  share: { api: number; executor: number; supervisor: number }
  polls: number
  failed: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  memoryMb: number
}

function manyStrategies(folder: string): string {
  const path = join(temporaryFolder(folder), 'spark.yaml')
  const entries = Array.from({ length: STRATEGIES }, (_, at) => `  - { id: s-${at}, symbol: BTCUSDT, tf: 1h }\n`)
  writeFileSync(path, `strategies:\n${entries.join('')}`)
  return path
}

/** Whole slices, so that what was counted is what was measured. */
async function measured(up: SparkUp, dataDir: string, roundMs: number): Promise<Round> {
  const startMs = Math.ceil(systemClock.nowMs() / SLICE_MS) * SLICE_MS
  await systemClock.sleep(startMs - systemClock.nowMs())
  const pids = { api: up.apiPid, executor: up.executorPid, supervisor: up.supervisorPid }
  const taken = () => Object.values(pids).map(processorMsOf)
  const before = taken()
  const beganMs = systemClock.monotonicMs()
  await systemClock.sleep(startMs + roundMs - systemClock.nowMs())
  const lastedMs = systemClock.monotonicMs() - beganMs
  const [api = 0, executor = 0, supervisor = 0] = taken().map(
    (ms, at) => ((ms - (before[at] ?? 0)) / lastedMs / PROCESSORS) * 100,
  )
  const memoryMb = memoryOf(up.apiPid).proportionalMb + memoryOf(up.executorPid).proportionalMb
  return { share: { api, executor, supervisor }, memoryMb, ...(await polled(dataDir, startMs, startMs + roundMs)) }
}

async function polled(
  dataDir: string,
  fromMs: number,
  toMs: number,
): Promise<Pick<Round, 'polls' | 'failed' | 'p50Ms' | 'p99Ms' | 'maxMs'>> {
  const database = await openMainDatabase({ path: join(dataDir, 'spark.db'), thread: false })
  const store = createMetricSliceStore(database.db)
  const slices = () => readSloSlices(store, SLICE_MS / 1000, fromMs, toMs)
  await until('slices sealed', 3 * SEALED_MS, 500, async () => (await slices()).length === (toMs - fromMs) / SLICE_MS)
  const counts = (await slices()).map((slice) => slice.counts)
  await database.close()
  const latency = counts.map(({ latencyMs }) => latencyMs).reduce((a, b) => mergeHistograms(a, b))
  return {
    polls: totalCount(latency),
    failed: counts.reduce((sum, { polls }) => sum + polls.error + polls.timeout, 0),
    p50Ms: quantile(latency, 0.5) ?? Number.NaN,
    p99Ms: quantile(latency, 0.99) ?? Number.NaN,
    maxMs: latency.max ?? Number.NaN,
  }
}

async function run(folder: string, env: Record<string, string>, rounds: number, roundMs: number, what: string): Promise<Round[]> {
  const dataDir = temporaryFolder(folder)
  const up = await sparkUp(dataDir, { NODE_COMPILE_CACHE: temporaryFolder(folder), ...env })
  await systemClock.sleep(WARM_UP_MS)
  const results: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    const result = await measured(up, dataDir, roundMs)
    results.push(result)
    progress(
      `polls, ${what}, round ${round}/${rounds}: ${result.polls} polls, api ${formatNumber(result.share.api)} %, ` +
        `executor ${formatNumber(result.share.executor)} %, p99 ${formatNumber(result.p99Ms)} ms`,
    )
  }
  await up.stop()
  return results
}

await bench({ rounds: 3, roundMs: 60_000 }, async ({ rounds, roundMs: askedMs, folder }) => {
  const roundMs = Math.max(1, Math.round(askedMs / SLICE_MS)) * SLICE_MS
  const few = await run(folder, {}, rounds, roundMs, 'as delivered')
  const many = await run(folder, { SPARK_CONFIG: manyStrategies(folder) }, rounds, roundMs, `${STRATEGIES} strategies`)
  const baseline = 'the 120 strategies of spark.yaml, 12 of them polled'
  const of = (list: readonly Round[], pick: (round: Round) => number) => formatNumber(median(list.map(pick)))
  const total = ({ share }: Round) => share.api + share.executor + share.supervisor
  const figures: Figure[] = [
    {
      what: `${STRATEGIES.toLocaleString('en')} strategies polled once a minute`,
      baseline,
      unit: '% of two processors',
      values: many.map(total),
      target: { under: 30 },
      note:
        `api ${of(many, ({ share }) => share.api)}, executor ${of(many, ({ share }) => share.executor)}, supervisor ${of(many, ({ share }) => share.supervisor)} %, all threads; ` +
        `baseline ${of(few, total)} %; ${of(many, ({ polls }) => (polls / roundMs) * 60_000)} polls a minute, ${of(many, ({ failed }) => failed)} failed`,
    },
    {
      what: `${STRATEGIES.toLocaleString('en')} strategies polled once a minute, p99 of a poll`,
      baseline,
      unit: 'ms',
      values: many.map(({ p99Ms }) => p99Ms),
      target: null,
      note: `from the executor's call to its answer, row durable; p50 ${of(many, ({ p50Ms }) => p50Ms)}, longest ${of(many, ({ maxMs }) => maxMs)} ms; baseline p99 ${of(few, ({ p99Ms }) => p99Ms)} ms`,
    },
    {
      what: `${STRATEGIES.toLocaleString('en')} strategies polled once a minute, memory of api and executor`,
      baseline,
      unit: 'MB',
      values: many.map(({ memoryMb }) => memoryMb),
      target: null,
      note: `proportional; baseline ${of(few, ({ memoryMb }) => memoryMb)} MB`,
    },
  ]
  return figures
})
