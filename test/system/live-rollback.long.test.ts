import { afterEach, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { auditItems } from '../support/answers.ts'
import { createCheckout, type Checkout } from '../support/checkout.ts'
import { deploy, shasOf, startUp, statusOf } from '../support/deployment.ts'
import { configureFast } from '../support/fast-rollout.ts'
import { startProxy, type Proxy } from '../support/proxy.ts'
import { createSpark, eventually, type Spark } from '../support/spark.ts'

/** Slow enough for a deploy to find the reports of all processes fresh. */
const SPEED = 20
const STRATEGIES = 24
const STEPS = ['{ share: 0, dwellMin: 1 }', '{ share: 0.1, dwellMin: 600 }']

type View = Extract<AnswerOf<'rollout'>, { phaseReason: unknown }>

let spark: Spark
let proxy: Proxy
let checkout: Checkout
afterEach(async () => {
  await spark.remove()
  await proxy.close()
  checkout.remove()
})

it('a share that trades live and whose scores fail is rolled back by its gate, and the release returns to the last good build', async () => {
  checkout = createCheckout()
  const first = checkout.head()
  proxy = await startProxy()
  spark = await createSpark({ API_URL: proxy.url }, checkout.dir)
  proxy.target = spark.apiUrl
  configureFast(spark, STRATEGIES, STEPS, { speed: SPEED, errorHoldMin: 0.5 })
  await startUp(spark, 2)
  const second = checkout.commit('NOTE', 'second')
  const rolling = await deploy(spark, '--rolling')
  expect(rolling.code, rolling.log).toBe(0)
  expect(await shasOf(spark)).toEqual([second, second])

  const view = async () => (await (await fetch(`${spark.apiUrl}/api/rollout`)).json()) as View
  const ceiling = await spark.run('rollout', 'promote', '0.1', '--reason', 'a live share')
  expect(ceiling.code, ceiling.stderr).toBe(0)
  const live = await eventually(`two of ${STRATEGIES} act on ML`, 90_000, async () => {
    const now = await view()
    return now.exposure.strategies === 2 ? now : null
  })
  expect(live).toMatchObject({ phase: 'live', share: 0.1, mlOff: false })

  proxy.failEvery = 10
  const after = await eventually('rolled back', 60_000, async () => {
    const now = await view()
    return now.phase === 'rolled_back' ? now : null
  })
  expect(after).toMatchObject({ mlOff: true, epoch: live.epoch + 1, share: 0, exposure: { strategies: 0 } })
  expect(after.phaseReason).toContain('error_rate beyond 2.00 %')

  const row = await eventually('the release returned', 120_000, async () => {
    const rows = await auditItems(spark, 'deploy.finished')
    return rows.find(({ actor }) => actor === 'supervisor') ?? null
  })
  expect(row).toMatchObject({ result: 'ok', context: { kind: 'rollback', release: first, after: { rollout: after.id } } })
  expect(await shasOf(spark)).toEqual([first, first])
  expect((await statusOf(spark)).executor.sha).toBe(first)
  expect((await view()).phase).toBe('rolled_back')
  expect((await spark.run('audit', 'verify')).code).toBe(0)
})
