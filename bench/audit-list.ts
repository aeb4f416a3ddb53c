// POST /api/audit/list, the newest 100 rows of 1,000,000 and with --full of 10,000,000, against the same questions to 10,000 rows.
// --keep FOLDER builds the audits there once and uses them again.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, randomInteger, type RandomState } from '@spark/core/stats/random'
import { cursorOf } from '@spark/server/storage/audit/audit-query'
import { buildAudit, RARE_ACTION, STRATEGIES, type BuiltAudit } from './build-audit.ts'
import { formatNumber, median, quantile, type Figure } from './figure.ts'
import { startApi } from './processes.ts'
import { bench, durationMs, progress, temporaryFolder } from './support.ts'

const LIMIT = 100
const ASKS_A_ROUND = 100
const SMALL_ROWS = 10_000
const HOUR_MS = 3_600_000

interface Question {
  what: string
  body(audit: BuiltAudit, random: RandomState): Record<string, unknown>
}

const QUESTIONS: readonly Question[] = [
  { what: 'no filter', body: () => ({}) },
  { what: 'all rows', body: () => ({ all: true }) },
  { what: 'action ml.score', body: () => ({ action: 'ml.score' }) },
  { what: 'a rare action', body: () => ({ action: RARE_ACTION }) },
  { what: 'strategyId', body: (_, random) => ({ strategyId: `s-${randomInteger(random, STRATEGIES)}` }) },
  {
    what: 'strategyId and action',
    body: (_, random) => ({ strategyId: `s-${randomInteger(random, STRATEGIES)}`, action: 'order.filled' }),
  },
  { what: 'traceId', body: ({ traceIds }, random) => ({ traceId: traceIds[randomInteger(random, traceIds.length)], all: true }) },
  {
    what: 'an hour by from and to',
    body: (audit, random) => {
      const from = randomTime(audit, random)
      return { from, to: from + HOUR_MS }
    },
  },
  {
    what: 'a cursor anywhere',
    body: (audit, random) => ({ cursor: cursorOf({ ts: randomTime(audit, random), writer: 'api-1', seq: 1 }) }),
  },
]

function randomTime({ firstTs, lastTs }: BuiltAudit, random: RandomState): number {
  return firstTs + randomInteger(random, Math.floor((lastTs - firstTs) / 1000)) * 1000
}

interface Server {
  audit: BuiltAudit
  /** Asks once; resolves with the time until the whole answer is there. */
  ask(body: Record<string, unknown>): Promise<number>
}

async function serve(dataDir: string, rows: number): Promise<Server> {
  if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true })
  const audit = await buildAudit(dataDir, rows)
  const { port } = await startApi(dataDir)
  return {
    audit,
    ask: (body) => {
      const text = JSON.stringify({ limit: LIMIT, ...body })
      return durationMs(async () => {
        const response = await fetch(`http://127.0.0.1:${port}/api/audit/list`, { method: 'POST', body: text })
        const answer = await response.text()
        if (response.status !== 200) throw new Error(`audit/list ${text}: ${answer.slice(0, 300)}`)
      })
    },
  }
}

/** Both servers are asked in turn; the values are the 95th percentiles of each round. */
async function measure(question: Question, large: Server, small: Server, rounds: number): Promise<Figure> {
  const random = createRandom(3)
  const p95: number[] = []
  const p50: number[] = []
  const smallP95: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const durations: number[] = []
    const smallDurations: number[] = []
    for (let count = 0; count < ASKS_A_ROUND; count++) {
      durations.push(await large.ask(question.body(large.audit, random)))
      smallDurations.push(await small.ask(question.body(small.audit, random)))
    }
    // The first round warms up.
    if (round === 0) continue
    p95.push(quantile(durations, 0.95))
    p50.push(quantile(durations, 0.5))
    smallP95.push(quantile(smallDurations, 0.95))
  }
  const rows = formatNumber(large.audit.rows)
  progress(
    `audit/list of ${rows}, ${question.what}: p95 ${formatNumber(median(p95))} ms against ${formatNumber(median(smallP95))} ms`,
  )
  return {
    what: `audit/list, newest ${LIMIT} of ${rows} rows, ${question.what}, p95`,
    baseline: `the same of ${formatNumber(SMALL_ROWS)} rows`,
    unit: 'ms',
    values: p95,
    target: { under: 10 },
    note: `p50 ${formatNumber(median(p50))} ms; baseline p95 ${formatNumber(median(smallP95))} ms`,
  }
}

await bench({ rounds: 5 }, async ({ rounds, folder, keep, full }) => {
  const parent = keep ?? temporaryFolder(folder)
  const small = await serve(join(parent, `audit-${SMALL_ROWS}`), SMALL_ROWS)
  const figures: Figure[] = []
  for (const rows of full ? [1_000_000, 10_000_000] : [1_000_000]) {
    const large = await serve(join(parent, `audit-${rows}`), rows)
    const { buildSeconds, diskMb } = large.audit
    for (const question of QUESTIONS) {
      const figure = await measure(question, large, small, rounds)
      figures.push({
        ...figure,
        note: `${figure.note}; ${formatNumber(diskMb)} MB on disk, built in ${formatNumber(buildSeconds)} s`,
      })
    }
  }
  return figures
})
