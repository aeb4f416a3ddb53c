import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createSpark, eventually, ON_POSTGRES, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

/** A signal of a minute is sent within half a second at 60: on a server every write takes three round trips. */
const SPEED = ON_POSTGRES ? 30 : 60
const SLOWER = 60 / SPEED
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT', 'XRPUSDT']
const MINUTE = 60_000
/** A rollout of hours. Preview is left by the promotion, 100 % by the rollback; the two steps between go on by themselves. */
const PLAN = `
strategies:
${Array.from({ length: 40 }, (_, at) => `  - { id: m${at}, symbol: ${SYMBOLS[at % 5]}, tf: 1m }`).join('\n')}
rollout:
  steps:
    - { share: 0, dwellMin: 600 }
    - { share: 0.1, dwellMin: 4 }
    - { share: 0.5, dwellMin: 4 }
    - { share: 1, dwellMin: 600 }
  clearMin: 2
  gates:
    confid_median: { good: 0.01, critical: 0 }
    score_rate: { holdMin: 4 }
`

interface Order {
  strategyId: string
  arm: string
  purpose: string
  epoch: number
  state: string
  createdAt: number
  sendingAt: number | null
  candleTs: number
}
interface Rollout {
  phase: string
  sentence: string
  share: number
  startedAt: number
  stepStartedAt: number
  endedAt: number | null
  epoch: number
  gates: { gate: string; value: number | null }[]
}
interface Position {
  strategyId: string
  arm: string
  reduceOnly: boolean
}
interface Audited {
  ts: number
  strategyId: string
  decision?: string
  context: Record<string, unknown>
}

let spark: Spark
let up: SparkProcess

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${spark.apiUrl}${path}`)).json()) as T
const rollout = () => get<Rollout>('/api/rollout')
const orders = async () => (await get<{ items: Order[] }>('/api/orders?limit=1000')).items
async function audited(action: string): Promise<Audited[]> {
  const body = JSON.stringify({ action, limit: 10_000 })
  const response = await fetch(`${spark.apiUrl}/api/audit/list`, { method: 'POST', body })
  return ((await response.json()) as { items: Audited[] }).items
}

/** Stops the executor outside of a transaction: in one it would keep everybody from writing until the supervisor kills it. */
async function standStill(): Promise<number> {
  const { pid } = await healthy(spark, 'executor')
  const database = await openMainDatabase({ path: spark.databasePath, thread: false, busyTimeoutMs: 1 })
  // A thread that was in a call of the system when it was stopped ends that first.
  let free = 0
  await eventually('the executor stands still, and the database is free', 10_000, async () => {
    process.kill(pid, 'SIGSTOP')
    try {
      await database.db.transaction().execute(async () => {})
      free += 1
      return free >= 5
    } catch {
      free = 0
      process.kill(pid, 'SIGCONT')
      return false
    }
  })
  await database.close()
  return pid
}

async function command(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await spark.run('rollout', ...args, '--reason', 'rehearsal')
  expect(code, stdout + stderr).toBe(0)
}

beforeAll(async () => {
  spark = await createSpark({ SPARK_CLOCK_SPEED: String(SPEED), CANARY_TIMEFRAME: '1m', SPARK_API_WORKERS: '2' })
  spark.env['SPARK_CONFIG'] = join(spark.dataDir, 'fast.yaml')
  writeFileSync(spark.env['SPARK_CONFIG'], PLAN)
  up = spark.start('up')
  await eventually('up', 30_000, async () => up.log().includes('Workers of the API: '))
  await eventually('a rollout begins in preview', 30_000, async () => (await rollout()).phase === 'preview')
}, 60_000)
afterAll(() => spark.remove())

// One story, told in order.
describe('at many times the speed, in real processes', { shuffle: false }, () => {
  it(
    'a rollout rises to 100 % by itself, its strategies trade on ML, and a rollback ends that at once',
    async () => {
      await command('promote', '1.0')
      const passed: number[] = []
      const full = await eventually('100 % acts on ML', 50_000 * SLOWER, async () => {
        const now = await rollout()
        if (passed.at(-1) !== now.share) passed.push(now.share)
        return now.share === 1 ? now : null
      })
      expect(passed.filter((share) => share > 0)).toEqual([0.1, 0.5, 1])
      expect(full.phase).toBe('live')
      // Two dwells of market minutes, which no real clock has seen pass.
      expect(full.stepStartedAt - full.startedAt).toBeGreaterThan(8 * MINUTE)
      // Latencies are those of the machine: 60 times as long would be far beyond.
      expect(full.gates.find(({ gate }) => gate === 'p95')?.value).toBeLessThan(1000)

      const bought = await eventually('an ML order is filled', 40_000 * SLOWER, async () =>
        (await orders()).find(({ arm, purpose, state }) => arm === 'ml' && purpose === 'enter' && state === 'filled'),
      )
      const decision = (await audited('baseline.decision')).find(
        ({ strategyId, context }) => strategyId === bought.strategyId && context['candleTs'] === bought.candleTs,
      )
      expect(decision?.context).toMatchObject({ exposed: true, arm: 'ml', action: 'enter' })

      // The executor stands still while it is rolled back, and for 30 s of the clock and more.
      const positions = async () => (await get<{ items: Position[] }>('/api/positions')).items
      const ofMl = async () =>
        (await positions()).filter(({ arm }) => arm === 'ml').sort((a, b) => a.strategyId.localeCompare(b.strategyId))
      // What is held then is held until it runs again.
      const { pid, held } = await eventually('it stands still with a position of ML', 60_000, async () => {
        const stopped = { pid: await standStill(), held: await ofMl() }
        if (stopped.held.length > 0) return stopped
        process.kill(stopped.pid, 'SIGCONT')
        return null
      })
      // A brake without the variable is in the folder's time all the same.
      delete spark.env['SPARK_CLOCK_SPEED']
      await command('rollback')
      const ended = await rollout()
      expect(ended).toMatchObject({ phase: 'rolled_back', epoch: bought.epoch + 1 })
      const stoppedMs = performance.now()
      await eventually('30 s of the clock pass', 5000, async () => performance.now() - stoppedMs > 31_000 / SPEED)
      const handedOver = (await ofMl()).map(({ strategyId, reduceOnly }) => ({ strategyId, reduceOnly }))
      expect(handedOver).toEqual(held.map(({ strategyId }) => ({ strategyId, reduceOnly: true })))
      process.kill(pid, 'SIGCONT')
      // It knows nothing of the rollback: what it meant to send is of an older epoch.
      expect((await ofMl()).filter(({ reduceOnly }) => !reduceOnly)).toEqual([])
      // Exits still work.
      const flattened = await spark.run('flatten', 'all', '--confirm', 'all')
      expect(flattened.code, flattened.stdout + flattened.stderr).toBe(0)
      await eventually('no position of ML is left', 15_000 * SLOWER, async () =>
        (await positions()).every(({ arm }) => arm !== 'ml'),
      )
      await eventually('minutes of the market pass', 15_000 * SLOWER, async () => {
        const rows = (await audited('baseline.decision')).filter(
          ({ context }) => Number(context['candleTs']) > (ended.endedAt ?? Infinity),
        )
        const minutes = new Set(
          rows.filter(({ context }) => context['exposed'] === false).map(({ context }) => context['candleTs']),
        )
        expect(rows.filter(({ context }) => context['arm'] === 'ml')).toEqual([])
        return minutes.size >= 3
      })
      const all = await orders()
      expect(all.filter(({ arm, purpose, epoch }) => arm === 'ml' && purpose === 'enter' && epoch >= ended.epoch)).toEqual([])
      // Nor did one of an older epoch start after it.
      expect(
        all.filter(
          ({ arm, purpose, sendingAt }) => arm === 'ml' && purpose === 'enter' && (sendingAt ?? 0) > (ended.endedAt ?? 0),
        ),
      ).toEqual([])
      expect((await spark.run('audit', 'verify')).code).toBe(0)
    },
    110_000 * SLOWER,
  )

  it('the folder cannot be run in real time again, and says so', async () => {
    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
    const real = spark.start('up')
    expect(await real.ended).toBe(78)
    expect(real.log()).toContain('SPARK_CLOCK_SPEED is "1"')
    expect(real.log()).toContain('set SPARK_CLOCK_SPEED from 2 to 60 to go on')
  })
})
