import { expect, it } from 'vitest'
import { createCheckout } from '../support/checkout.ts'
import { load } from '../support/load.ts'
import { createSpark, eventually, healthy } from '../support/spark.ts'

it('./deploy.sh --rolling under 500 requests/s: no failed request, and both builds answer', async () => {
  const checkout = createCheckout()
  const first = checkout.head()
  const spark = await createSpark({ SPARK_API_WORKERS: '2' }, checkout.dir)
  try {
    const up = spark.start('up')
    await eventually('up', 30_000, async () => up.log().includes('Workers of the API: '))
    await healthy(spark)
    await healthy(spark, 'executor')
    const second = checkout.commit('NOTE', 'second')
    const startedMs = performance.now()
    const running = load(spark.apiUrl, { keepAlive: 10, fresh: 2 })
    const rolling = spark.startDeploy('--rolling')
    const code = await rolling.ended
    const { asked, failures, builds } = await running.stop()
    const seconds = (performance.now() - startedMs) / 1000
    console.log(`rolling deploy in ${seconds.toFixed(1)} s under ${(asked / seconds).toFixed(0)} requests/s`)
    expect(code, rolling.log()).toBe(0)
    expect(failures).toEqual([])
    expect([...builds].sort()).toEqual([first, second].sort())
    expect(asked / seconds).toBeGreaterThan(500)
  } finally {
    await spark.remove()
    checkout.remove()
  }
})
