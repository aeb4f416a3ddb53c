// From a wish to a durable order: risk checked and reserved, order, audit event and job in one transaction. One wish after the
// other, as many as go, and a close of all streams at once; and 10,000 strategies that decide on one close.
import { systemClock } from '@spark/server/clock'
import { decideStrategies } from '@spark/server/executor/decide-strategies'
import { createPlanner } from '@spark/server/executor/orders/planner'
import { createStandings } from '@spark/server/executor/standings'
import { systemRandomness } from '@spark/server/random'
import { formatNumber, median, quantile, type Figure } from './figure.ts'
import { IN_FLIGHT, PER_SECOND, asManyAsGo, atFixedRate, planning, type Work } from './intent-load.ts'
import { MINUTE_MS, PRICE, STRATEGIES, STREAM, openPath, wishOf, type OpenPath } from './order-path.ts'
import { bench, durationMs, progress } from './support.ts'

const BASELINE = 'a row a commit'
/** The 60 streams of spark.yaml, two strategies on each. */
const BURST_STREAMS = 60
const BURST_STRATEGIES = 2

/** What a wish has to be measured against: the same database, thread and disk, one row in one transaction. */
function rowByRow({ path }: OpenPath): Work {
  return (at) =>
    path.db
      .transaction()
      .execute((trx) => path.outbox.add(trx, [{ action: 'bench', actor: 'bench', result: 'ok', context: { at } }]))
}

/** Every stream at once; resolves with how long each of them waited. */
async function closeOfAll({ path }: OpenPath): Promise<number[]> {
  const plan = createPlanner(path)
  const waits: number[] = []
  const startedMs = systemClock.monotonicMs()
  await Promise.all(
    Array.from({ length: BURST_STREAMS }, async (_, stream) => {
      const ids = Array.from({ length: BURST_STRATEGIES }, (_one, at) => stream * BURST_STRATEGIES + at)
      await plan({
        stream: STREAM,
        strategyIds: ids.map((at) => `s${at}`),
        candleTs: MINUTE_MS,
        epoch: null,
        wishes: ids.map(wishOf),
      })
      waits.push(systemClock.monotonicMs() - startedMs)
    }),
  )
  return waits
}

interface Decided {
  ms: number
  processorMs: number
}

/** All strategies decide on one closed candle; `ema20` above 1: all of them enter. */
async function decideAll({ path, audit }: OpenPath, ema20: number, ts: number): Promise<Decided> {
  const deps = {
    path,
    plan: createPlanner(path),
    standings: createStandings(path),
    audit,
    random: systemRandomness,
    log: path.log,
    askMl: () => Promise.resolve(null),
  }
  const prices = { o: PRICE, h: PRICE, l: PRICE, c: PRICE, v: 1 }
  const row = { ...STREAM, ts, ...prices, rsi_14: 50, macd_hist: 0, ema_20: ema20, ema_50: 1, atr_14: 1 }
  const before = process.cpuUsage()
  const ms = await durationMs(() => decideStrategies(deps, STREAM, row))
  const used = process.cpuUsage(before)
  return { ms, processorMs: (used.user + used.system) / 1000 }
}

interface Round {
  rate: number
  rowRate: number
  p99Ms: number
  rowP99Ms: number
  burstMs: number
  kept: Decided
  entered: Decided
}

/** Each measurement on a path of its own: orders pile up, since nobody sends them. */
async function measure(folder: string, roundMs: number): Promise<Round> {
  const on = async <Result>(work: (opened: OpenPath) => Promise<Result>): Promise<Result> => {
    const opened = await openPath(folder)
    try {
      return await work(opened)
    } finally {
      await opened.close()
    }
  }
  return {
    rate: await on((opened) => asManyAsGo(planning(opened), roundMs)),
    rowRate: await on((opened) => asManyAsGo(rowByRow(opened), roundMs)),
    p99Ms: quantile(await on((opened) => atFixedRate(planning(opened), roundMs)), 0.99),
    rowP99Ms: quantile(await on((opened) => atFixedRate(rowByRow(opened), roundMs)), 0.99),
    burstMs: quantile(await on(closeOfAll), 0.99),
    kept: await on((opened) => decideAll(opened, 0, MINUTE_MS)),
    entered: await on((opened) => decideAll(opened, 2, MINUTE_MS)),
  }
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const of = (pick: (round: Round) => number) => formatNumber(median(rounds.map(pick)))
  const share = ({ kept }: Round) => (kept.processorMs / MINUTE_MS / 2) * 100
  const many = STRATEGIES.toLocaleString('en')
  return [
    {
      what: `durable intents, ${IN_FLIGHT} waiting`,
      baseline: BASELINE,
      unit: '/s',
      values: rounds.map(({ rate }) => rate),
      target: { atLeast: 500 },
      note: `one wish a plan, each of another strategy; baseline ${of(({ rowRate }) => rowRate)}/s; ${many} strategies stored, no order is sent, so all stay open`,
    },
    {
      what: `durable intents, ${PER_SECOND} a second, p99 from intent to durable`,
      baseline: BASELINE,
      unit: 'ms',
      values: rounds.map(({ p99Ms }) => p99Ms),
      target: { under: 50 },
      note: `counted from when each was due; baseline p99 ${of(({ rowP99Ms }) => rowP99Ms)} ms`,
    },
    {
      what: `${BURST_STREAMS * BURST_STRATEGIES} intents of ${BURST_STREAMS} streams that close at once, p99 from intent to durable`,
      baseline: null,
      unit: 'ms',
      values: rounds.map(({ burstMs }) => burstMs),
      target: { under: 50 },
      note: 'the streams of spark.yaml at a full hour',
    },
    {
      what: `${many} strategies decide at a close, until all are durable`,
      baseline: null,
      unit: 'ms',
      values: rounds.map(({ kept }) => kept.ms),
      target: null,
      note: `nobody changes its position; ${of(({ kept }) => kept.processorMs)} ms of processor time, all threads: once a minute ${of(share)} % of two processors`,
    },
    {
      what: `${many} strategies enter at a close, until all intents are durable`,
      baseline: null,
      unit: 'ms',
      values: rounds.map(({ entered }) => entered.ms),
      target: null,
      note: `${of(({ entered }) => (STRATEGIES / entered.ms) * 1000)} intents/s; ${of(({ entered }) => entered.processorMs)} ms of processor time`,
    },
  ]
}

await bench({ rounds: 5, roundMs: 4000 }, async ({ rounds, roundMs, folder }) => {
  const results: Round[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const result = await measure(folder, roundMs)
    progress(
      `intents, round ${round}/${rounds}: ${formatNumber(result.rate)}/s, p99 ${formatNumber(result.p99Ms)} ms, ` +
        `all decided in ${formatNumber(result.kept.ms)} ms`,
    )
    if (round > 0) results.push(result)
  }
  return figuresOf(results)
})
