// From a wish to a durable order as in intents.ts, on 1, 2 and 4 executors, each a process with streams of its own, on one PostgreSQL
// that flushes to disk. Executors and server share the processors of this machine.
import { once } from 'node:events'
import { emptyPostgres } from '@spark/server/storage/postgres/postgres-fixture'
import { formatNumber, median, quantile, type Figure } from './figure.ts'
import { IN_FLIGHT, PER_SECOND } from './intent-load.ts'
import type { Asked, Told } from './intents-executor.ts'
import { STRATEGIES } from './order-path.ts'
import { startModule, type Started } from './processes.ts'
import { bench, progress } from './support.ts'

const EXECUTORS = [1, 2, 4]

interface Round {
  rate: number
  p99Ms: number
}

async function started(count: number, folder: string): Promise<Started[]> {
  const url = await emptyPostgres({ durable: true, disk: true })
  const each = Math.floor(STRATEGIES / count)
  const executors: Started[] = []
  // One after the other: the first makes the tables.
  for (let at = 0; at < count; at++) {
    const executor = startModule('./intents-executor.ts', {}, [url, folder, String(at * each), String(each)])
    executors.push(executor)
    await once(executor.child, 'message')
  }
  return executors
}

async function told(executors: readonly Started[], asked: Asked): Promise<Told[]> {
  return Promise.all(
    executors.map(async ({ child }) => {
      const answer = once(child, 'message')
      child.send(asked)
      return (await answer)[0] as Told
    }),
  )
}

async function onNew<Result>(count: number, folder: string, work: (executors: Started[]) => Promise<Result>): Promise<Result> {
  const executors = await started(count, folder)
  try {
    return await work(executors)
  } finally {
    for (const executor of executors) await executor.stop()
  }
}

async function measure(count: number, folder: string, roundMs: number): Promise<Round> {
  const rates = await onNew(count, folder, (executors) => told(executors, { roundMs, perSecond: 0 }))
  const perSecond = PER_SECOND / count
  const evenly = await onNew(count, folder, (executors) => told(executors, { roundMs, perSecond }))
  return {
    rate: rates.reduce((sum, one) => sum + one.perSecond, 0),
    p99Ms: quantile(
      evenly.flatMap(({ waits }) => waits),
      0.99,
    ),
  }
}

function figureOf(count: number, rounds: readonly Round[]): Figure {
  const p99Ms = formatNumber(median(rounds.map((round) => round.p99Ms)))
  return {
    what: `durable intents on PostgreSQL, ${count} executors`,
    baseline: null,
    unit: '/s',
    values: rounds.map(({ rate }) => rate),
    target: { atLeast: 500 },
    note: `${IN_FLIGHT} waiting at each; at ${PER_SECOND} a second in all the p99 from intent to durable is ${p99Ms} ms`,
  }
}

await bench({ rounds: 3, roundMs: 4000 }, async ({ rounds, roundMs, folder }) => {
  const results = new Map<number, Round[]>(EXECUTORS.map((count) => [count, []]))
  for (let round = 1; round <= rounds; round++)
    // In turn from either end, so that what drifts on the machine hits all.
    for (const count of round % 2 === 1 ? EXECUTORS : EXECUTORS.toReversed()) {
      const result = await measure(count, folder, roundMs)
      results.get(count)?.push(result)
      progress(
        `intents-postgres, ${count} executors, round ${round}/${rounds}: ${formatNumber(result.rate)}/s, p99 ${formatNumber(result.p99Ms)} ms`,
      )
    }
  return EXECUTORS.map((count) => figureOf(count, results.get(count) ?? []))
})
