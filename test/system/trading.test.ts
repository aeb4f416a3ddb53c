import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timeframeMs, type Timeframe } from '@spark/core/market/timeframe'
import { listen } from '../support/event-stream.ts'
import { createSpark, eventually, type Spark } from '../support/spark.ts'

interface Audited {
  ts: number
  strategyId: string
  result: string
  context: Record<string, unknown>
}
interface Position {
  strategyId: string
}
interface StrategyItem {
  id: string
  symbol: string
  tf: Timeframe
}
interface OrderItem {
  strategyId: string
  purpose: string
  candleTs: number
  state: string
  reason: string | null
}

/** A candle is decided on and its order filled at the next price within so long; a forming candle comes every 2 s. */
const SETTLED_MS = 10_000
const POLL_MS = 60_000

let spark: Spark
let startedMs: number
let endMs: number
/** The worst that the gauges showed while the minutes passed. */
const worst = { staleness: 0, deadLetters: 0, halted: 0 }
/** What there was at the end of them, before a person did anything. */
let seen: {
  strategies: StrategyItem[]
  scores: Audited[]
  decisions: Audited[]
  orders: OrderItem[]
  positions: Position[]
  equity: { equity: string; unrealized: string }[]
}

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${spark.apiUrl}${path}`)).json()) as T
const audited = async (action: string): Promise<Audited[]> => {
  const response = await fetch(`${spark.apiUrl}/api/audit/list`, {
    method: 'POST',
    body: JSON.stringify({ action, limit: 10_000 }),
  })
  return ((await response.json()) as { items: Audited[] }).items
}

async function watchGauges(): Promise<void> {
  const text = await (await fetch(`${spark.executorUrl}/metrics`)).text()
  const gauge = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  worst.staleness = Math.max(worst.staleness, gauge('spark_feed_staleness_seconds'))
  worst.deadLetters = Math.max(worst.deadLetters, gauge('spark_dlq_size'))
  worst.halted = Math.max(worst.halted, gauge('spark_venue_halted'))
}

beforeAll(async () => {
  spark = await createSpark()
  const up = spark.start('up')
  // Candles that close from here on are heard, and the first poll follows at once.
  const running = await eventually('the executor runs', 60_000, async () =>
    up
      .log()
      .split('\n')
      .find((line) => line.includes('"executor is running"')),
  )
  startedMs = Date.parse((JSON.parse(running) as { time: string }).time)
  // Two polls of each strategy, and two closes of 1m with what follows: at most 135 s.
  endMs = Math.max(startedMs + 2 * POLL_MS, (Math.floor(startedMs / 60_000) + 2) * 60_000 + SETTLED_MS) + 5000
  await eventually('two minutes have passed', 160_000, async () => {
    await watchGauges()
    return Date.now() > endMs
  })
  seen = {
    strategies: (await get<{ items: StrategyItem[] }>('/api/strategies')).items,
    scores: (await audited('ml.score')).filter(({ ts }) => ts >= startedMs && ts <= endMs),
    decisions: await audited('baseline.decision'),
    orders: (await get<{ items: OrderItem[] }>('/api/orders?limit=10000')).items,
    positions: (await get<{ items: Position[] }>('/api/positions')).items,
    equity: (await get<{ points: { equity: string; unrealized: string }[] }>('/api/equity')).points,
  }
}, 240_000)
afterAll(() => spark.remove())

describe('spark up on defaults, within three minutes', () => {
  it('each of the 12 canary strategies is scored every minute', () => {
    const { scores, strategies } = seen
    expect(scores.filter(({ result }) => result !== 'ok')).toEqual([])
    const canary = strategies.filter(({ symbol, tf }) => symbol === 'BTCUSDT' && tf === '1h')
    expect(canary).toHaveLength(12)
    expect(new Set(scores.map(({ strategyId }) => strategyId))).toEqual(new Set(canary.map(({ id }) => id)))
    for (const { id } of canary) {
      const times = scores.filter(({ strategyId }) => strategyId === id).map(({ ts }) => ts)
      const moments = [startedMs, ...times.sort((a, b) => a - b), endMs]
      const longest = Math.max(...moments.slice(1).map((time, at) => time - (moments[at] ?? 0)))
      expect(longest, `${id} was not scored for so long, ms`).toBeLessThan(POLL_MS + 5000)
    }
  })

  it('all 120 strategies record one baseline decision at each close of their candles', () => {
    expect(seen.strategies).toHaveLength(120)
    let expected = 0
    for (const { id, tf } of seen.strategies) {
      const lengthMs = timeframeMs(tf)
      const closed: number[] = []
      for (let end = Math.ceil(startedMs / lengthMs) * lengthMs; end <= endMs - SETTLED_MS; end += lengthMs)
        closed.push(end - lengthMs)
      const own = seen.decisions.filter(({ strategyId }) => strategyId === id).map(({ context }) => Number(context['candleTs']))
      const decided = own.filter((ts) => ts + lengthMs >= startedMs && ts + lengthMs <= endMs - SETTLED_MS)
      expect(
        decided.sort((a, b) => a - b),
        id,
      ).toEqual(closed)
      expected += closed.length
    }
    expect(expected).toBeGreaterThanOrEqual(2 * 24)
  })

  it('every decision of a 1m strategy to enter or exit became an order, and it filled', () => {
    const decided = seen.decisions.filter(
      ({ ts, strategyId, context }) =>
        strategyId.includes('-1m-') && ts < endMs - SETTLED_MS && ['enter', 'exit'].includes(String(context['action'])),
    )
    const became = decided.map(({ strategyId, context }) => {
      const order = seen.orders.find((one) => one.strategyId === strategyId && one.candleTs === context['candleTs'])
      return `${strategyId} ${String(context['action'])}: ${order?.reason ?? order?.state ?? 'no order'}`
    })
    expect(became.filter((line) => !line.endsWith(': filled'))).toEqual([])
    // 12 markets, two closes: some of them point up.
    expect(became.length).toBeGreaterThan(0)
    expect(seen.positions.some(({ strategyId }) => strategyId.includes('-1m-'))).toBe(true)
  })

  it('equity moves with the market, and stays near what it began with', () => {
    expect(new Set(seen.equity.map(({ equity }) => equity)).size).toBeGreaterThan(1)
    expect(seen.equity.some(({ unrealized }) => Number(unrealized) !== 0)).toBe(true)
    for (const { equity } of seen.equity) expect(Math.abs(Number(equity) - 120_000)).toBeLessThan(6000)
  })

  it('the event stream, resumed from the beginning, tells of every step of an order', { timeout: 30_000 }, async () => {
    const stream = listen(spark.apiUrl, 'orders:0')
    const told = await eventually('order events', 20_000, async () => {
      const steps = stream.events.filter(({ event }) => event === 'order').map(({ data }) => data)
      return steps.some(({ action }) => action === 'order.filled') ? steps : null
    })
    stream.close()
    expect(told[0]).toMatchObject({ action: 'order.reserved' })
    expect(told.find(({ action }) => action === 'order.filled')).toMatchObject({
      context: { fill: { venue: 'paper', price: expect.any(String) as string } },
    })
  })

  it('nothing was dead, stale or halted meanwhile', () => {
    expect(worst).toMatchObject({ deadLetters: 0, halted: 0 })
    expect(worst.staleness).toBeLessThan(30)
  })
})

describe('a person', () => {
  it('a paused strategy is shown with its reason, by command', async () => {
    const paused = await spark.run('strategies', 'pause', 'btcusdt-1h-01', '--reason', 'a test')
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('pause done') as string, stderr: '' })
    const list = await spark.run('strategies', 'list')
    expect(list.stdout).toMatch(/^btcusdt-1h-01 +BTCUSDT +1h +1000 +baseline +paper +paused +a test$/m)
    expect((await spark.run('strategies', 'start', 'btcusdt-1h-99')).code).toBe(1)
  })

  it('flatten closes every position, and the audit tells it all', { timeout: 60_000 }, async () => {
    const wrong = await spark.run('flatten', 'all', '--confirm', 'yes')
    expect(wrong.code).toBe(2)
    const before = (await get<{ items: Position[] }>('/api/positions')).items.map(({ strategyId }) => strategyId)
    const asked = await spark.run('flatten', 'all', '--confirm', 'all')
    expect(asked.stdout).toContain('Closing')
    // Others may open meanwhile: what was held is closed.
    await eventually('flat', 30_000, async () => {
      const orders = await get<{ items: { strategyId: string; state: string }[] }>('/api/orders?limit=1000')
      const closed = orders.items.filter(
        (order) => (order as { purpose?: string }).purpose === 'flatten' && order.state === 'filled',
      )
      return before.every((id) => closed.some(({ strategyId }) => strategyId === id))
    })
    // Carried into the audit behind the transaction.
    await eventually('the audit of it', 10_000, async () =>
      (await spark.run('audit', 'list', '--action', 'flatten.asked')).stdout.includes('operator') ? true : null,
    )
    // At a close after it others buy again.
    const orders = await spark.run('orders', '--state', 'filled', '--limit', '1000')
    expect(orders.stdout).toMatch(/sell/)
    await eventually('an empty queue', 10_000, async () =>
      /^order +0 +0 +0 +0/m.test((await spark.run('queue')).stdout) ? true : null,
    )
    expect((await spark.run('positions')).code).toBe(0)
  })
})
