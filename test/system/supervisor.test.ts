import { afterEach, describe, expect, it } from 'vitest'
import { createSpark, eventually, gone, health, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
afterEach(() => spark.remove())

interface Point {
  action: string
  result: string
}

async function scores(limit = 100): Promise<Point[]> {
  const response = await fetch(`${spark.apiUrl}/api/audit/list`, {
    method: 'POST',
    body: JSON.stringify({ limit, action: 'ml.score' }),
  })
  return ((await response.json()) as { items: Point[] }).items
}

describe('spark up', () => {
  it('on defaults answers within 10 s, scores the simulated market within 60 s more, and stops cleanly on SIGTERM', async () => {
    spark = await createSpark()
    const up = spark.start('up')
    const api = await healthy(spark, 'api', 10_000)
    const executor = await healthy(spark, 'executor', 10_000)
    const [first] = await eventually('ml.score rows', 60_000, async () => {
      const rows = await scores()
      return rows.length > 0 ? rows : null
    })
    expect(first).toMatchObject({ action: 'ml.score', result: 'ok', actor: 'executor' })
    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
    await gone(api.pid)
    await gone(executor.pid)
    expect((await spark.run('audit', 'verify')).code).toBe(0)
  })

  it('starts a killed process again, and both when both are killed', async () => {
    spark = await createSpark()
    spark.start('up')
    for (const process_ of ['api', 'executor'] as const) {
      const { pid } = await healthy(spark, process_)
      process.kill(pid, 'SIGKILL')
      const next = await eventually(`${process_} is back`, 20_000, async () => {
        const answer = await health(spark, process_)
        return answer.ok && answer.pid !== pid ? answer : null
      })
      expect(next.pid).not.toBe(pid)
    }
  })

  it('refuses a wrong setting with its name, once, instead of trying again for ever', async () => {
    spark = await createSpark({ POLL_INTERVAL_MS: '60s' })
    const up = spark.start('up')
    expect(await up.ended).toBe(2)
    expect(up.log()).toContain('POLL_INTERVAL_MS is "60s"; it must be a whole number of milliseconds')
  })
})

describe('public/* while the executor is away', () => {
  const urls = ['/api/public/alert/last', '/api/public/metrics', '/api/public/smoke-last']
  async function ask(): Promise<{ status: string; _mock?: boolean }[]> {
    return Promise.all(
      urls.map(async (url) => {
        const startedMs = performance.now()
        const response = await fetch(`${spark.apiUrl}${url}`)
        expect(response.status).toBe(200)
        const body = (await response.json()) as { status: string; _mock?: boolean }
        expect(performance.now() - startedMs).toBeLessThan(1000)
        return body
      }),
    )
  }
  const all = (status: string) =>
    eventually(`all ${status}`, 5000, async () =>
      (await ask()).every((body) => body.status === status && (body._mock === true) === (status === 'DEMO')),
    )

  it('hung or dead: DEMO within 1 s, always 200, and real again when it is back', async () => {
    spark = await createSpark()
    spark.start('api')
    const executor = spark.start('executor')
    await healthy(spark)
    await healthy(spark, 'executor')
    await all('OK')
    executor.child.kill('SIGSTOP')
    await all('DEMO')
    executor.child.kill('SIGCONT')
    await all('OK')
    executor.child.kill('SIGKILL')
    await executor.ended
    await all('DEMO')
  })
})
