import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../support/event-stream.ts'
import { createSpark, eventually, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
  spark.start('up')
  await healthy(spark)
  await healthy(spark, 'executor')
}, 60_000)
afterAll(() => spark.remove())

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${spark.apiUrl}${path}`)).json()) as T
const gauge = async (name: string): Promise<number> => {
  const text = await (await fetch(`${spark.executorUrl}/metrics`)).text()
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}
interface Position {
  strategyId: string
}

describe('spark up on defaults', () => {
  it(
    'within two minutes orders of the 1m strategies fill on paper, and nothing is dead, stale or halted',
    { timeout: 180_000 },
    async () => {
      const filled = await eventually('filled orders', 130_000, async () => {
        const { items } = await get<{ items: { strategyId: string; purpose: string }[] }>('/api/orders?state=filled')
        return items.length > 0 ? items : null
      })
      expect(filled.every(({ strategyId }) => /-1m-|-5m-|-15m-|-1h-|-4h-/.test(strategyId))).toBe(true)
      expect(filled.some(({ strategyId }) => strategyId.includes('-1m-'))).toBe(true)
      expect((await get<{ items: unknown[] }>('/api/strategies')).items).toHaveLength(120)
      expect((await get<{ items: Position[] }>('/api/positions')).items.length).toBeGreaterThan(0)
      expect(await gauge('spark_dlq_size')).toBe(0)
      expect(await gauge('spark_venue_halted')).toBe(0)
      expect(await gauge('spark_feed_staleness_seconds')).toBeLessThan(30)
      // Resumed from the beginning, the event stream tells of every step.
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
      const decisions = await fetch(`${spark.apiUrl}/api/audit/list`, {
        method: 'POST',
        body: JSON.stringify({ action: 'baseline.decision', limit: 100 }),
      })
      expect(((await decisions.json()) as { items: unknown[] }).items.length).toBeGreaterThan(20)
    },
  )

  it('the equity curve moves with the market', { timeout: 90_000 }, async () => {
    const points = await eventually('a point with open profit or loss', 80_000, async () => {
      const curve = await get<{ points: { equity: string; unrealized: string }[] }>('/api/equity')
      return curve.points.some(({ unrealized }) => Number(unrealized) !== 0) ? curve.points : null
    })
    expect(Math.abs(Number(points.at(-1)?.equity) - 120_000)).toBeLessThan(6000)
  })

  it('a paused strategy is shown with its reason, by command', async () => {
    expect((await spark.run('strategies', 'pause', 'btcusdt-1h-01', '--reason', 'a test')).stdout).toContain('pause done')
    const list = await spark.run('strategies', 'list')
    expect(list.stdout).toMatch(/^btcusdt-1h-01 +BTCUSDT +1h +1000 +baseline +paused +a test$/m)
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
    const orders = await spark.run('orders', '--state', 'filled', '--limit', '5')
    expect(orders.stdout).toMatch(/sell/)
    await eventually('an empty queue', 10_000, async () =>
      /^order +0 +0 +0 +0/m.test((await spark.run('queue')).stdout) ? true : null,
    )
    expect((await spark.run('positions')).code).toBe(0)
  })
})
