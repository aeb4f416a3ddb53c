import { afterEach, expect, it } from 'vitest'
import { createSpark, eventually, gone, health, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
afterEach(() => spark.remove())

it('spark up kills and restarts a process that hangs for more than 10 s', async () => {
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

it('spark up leaves no orphan when it is killed itself', async () => {
  spark = await createSpark()
  const up = spark.start('up')
  const [api, executor] = await Promise.all([healthy(spark), healthy(spark, 'executor')])
  up.child.kill('SIGKILL')
  await up.ended
  await gone(api.pid)
  await gone(executor.pid)
})

it('a second spark up on the same data folder says so and ends; the first goes on', async () => {
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

it('while the executor is away the last known figures are served under last', async () => {
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
