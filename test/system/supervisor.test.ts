import { afterEach, describe, expect, it } from 'vitest'
import { createSpark, eventually, health, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
afterEach(() => spark.remove())

const gone = (pid: number) =>
  eventually(`process ${pid} ends`, 15_000, async () => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  })

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

  it('kills and restarts a process that hangs for more than 10 s', async () => {
    spark = await createSpark()
    spark.start('up')
    const { pid } = await healthy(spark)
    await healthy(spark, 'executor')
    process.kill(pid, 'SIGSTOP')
    const next = await eventually('the api is back', 60_000, async () => {
      const answer = await health(spark)
      return answer.ok && answer.pid !== pid ? answer : null
    })
    expect(next.pid).not.toBe(pid)
  }, 90_000)

  it('leaves no orphan when it is killed itself', async () => {
    spark = await createSpark()
    const up = spark.start('up')
    const [api, executor] = await Promise.all([healthy(spark), healthy(spark, 'executor')])
    up.child.kill('SIGKILL')
    await up.ended
    await gone(api.pid)
    await gone(executor.pid)
  })

  it('refuses a wrong setting with its name, once, instead of trying again for ever', async () => {
    spark = await createSpark({ POLL_INTERVAL_MS: '60s' })
    const up = spark.start('up')
    expect(await up.ended).toBe(2)
    expect(up.log()).toContain('POLL_INTERVAL_MS is "60s"; it must be a whole number of milliseconds')
  })

  it('a second one on the same data folder says so and ends; the first goes on', async () => {
    spark = await createSpark()
    spark.start('up')
    const { pid } = await healthy(spark)
    const second = spark.start('up')
    expect(await second.ended).toBe(1)
    expect(second.log()).toContain('another process runs as supervisor on this data folder')
    expect(await health(spark)).toMatchObject({ ok: true, pid })
  })

  it('restart executor brings a new process', async () => {
    spark = await createSpark()
    spark.start('up')
    const { pid } = await healthy(spark, 'executor')
    await healthy(spark)
    const restarted = await spark.run('restart', 'executor')
    expect(restarted.stderr + restarted.stdout).toContain('is healthy')
    expect((await health(spark, 'executor')).pid).not.toBe(pid)
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

  it('the last known figures are served under last', async () => {
    spark = await createSpark({ POLL_INTERVAL_MS: '1000' })
    spark.start('api')
    await healthy(spark)
    const executor = spark.start('executor')
    const measured = await eventually('figures', 90_000, async () => {
      const metrics = (await (await fetch(`${spark.apiUrl}/api/tools/get_metrics`)).json()) as Record<string, number | null>
      return metrics['p95_ms'] === null ? null : metrics
    })
    expect(measured['error_rate']).toBe(0)
    executor.child.kill('SIGKILL')
    await executor.ended
    const demo = await eventually('DEMO', 5000, async () => {
      const body = (await (await fetch(`${spark.apiUrl}/api/public/metrics`)).json()) as {
        _mock?: boolean
        last?: { at: number; value: Record<string, number> }
      }
      return body._mock === true ? body : null
    })
    expect(demo.last?.value['p95_ms']).toBeGreaterThan(0)
    expect(demo.last?.at).toBe(demo.last?.value['sealed_at'])
  }, 120_000)
})
