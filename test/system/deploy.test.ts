import { afterEach, describe, expect, it } from 'vitest'
import { auditItems } from '../support/answers.ts'
import { createCheckout, HAS_GIT, type Checkout } from '../support/checkout.ts'
import { deploy, servingOf, shasOf, startUp, statusOf } from '../support/deployment.ts'
import { load } from '../support/load.ts'
import { createSpark, eventually, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
let checkout: Checkout | null = null
afterEach(async () => {
  await spark.remove()
  checkout?.remove()
  checkout = null
})

describe('several workers', () => {
  it('one that is killed is started again under its name, and the others answer meanwhile', async () => {
    spark = await createSpark()
    await startUp(spark, 2)
    const [first, second] = await servingOf(spark)
    process.kill(first?.pid ?? 0, 'SIGKILL')
    expect((await healthy(spark, 'api', 2000)).pid).toBe(second?.pid)
    await eventually('the first one again', 20_000, async () => {
      const [again] = await servingOf(spark)
      return again?.name === first?.name && again?.pid !== null && again?.pid !== first?.pid
    })
  }, 60_000)
})

describe.skipIf(!HAS_GIT)('deploy.sh (skipped without git)', () => {
  it('canary beside the others, rolling to the new build, rollback to the last good one: all under load, no request fails', async () => {
    checkout = createCheckout()
    const first = checkout.head()
    spark = await createSpark({}, checkout.dir)
    await startUp(spark, 2)
    const running = load(spark.apiUrl, { keepAlive: 4, fresh: 2 })
    const second = checkout.commit('NOTE', 'second')

    const canary = await deploy(spark, '--canary')
    expect(canary.code, canary.log).toBe(0)
    expect((await servingOf(spark)).map(({ sha, canary: is }) => [sha, is])).toEqual([
      [first, false],
      [first, false],
      [second, true],
    ])

    spark.env['FEATURE_ML_SCORING'] = '0.1'
    const rolling = await deploy(spark, '--rolling')
    // The release is there; the share waits for its gates, and says for which.
    expect(rolling.code, rolling.log).toBe(1)
    expect(rolling.log).toContain('0.1 is approved and recorded, but the gates do not allow it yet')
    expect(rolling.log).toMatch(/Missing: .*more of good time/)
    expect(await shasOf(spark)).toEqual([second, second])
    expect((await statusOf(spark)).executor.sha).toBe(second)

    spark.env['FEATURE_ML_SCORING'] = '0'
    const startedMs = performance.now()
    const rollback = await deploy(spark, '--rollback')
    expect(rollback.code, rollback.log).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(120_000)
    const fence = /ML off +ok +\d+ +rollout-1 rolled back by one commit of (\d+) ms/.exec(rollback.log)
    expect(Number(fence?.[1] ?? Number.NaN), rollback.log).toBeLessThan(1000)
    expect(rollback.log).toMatch(/scores are off +ok/)
    expect(await shasOf(spark)).toEqual([first, first])
    const { asked, failures, builds } = await running.stop()
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(1000)
    expect([...builds].sort()).toEqual([first, second].sort())

    const rows = await eventually('audit rows of the deploys', 20_000, async () => {
      const seen = await auditItems(spark, 'deploy.finished')
      return seen.length === 3 ? seen : null
    })
    expect(rows.map(({ result, context }) => [context['kind'], result])).toEqual([
      ['rollback', 'ok'],
      ['rolling', 'err'],
      ['canary', 'ok'],
    ])
    expect((await spark.run('audit', 'verify')).code).toBe(0)

    spark.env['FEATURE_ML_SCORING'] = 'preview'
    const early = await deploy(spark, '--canary')
    expect(early.code, early.log).toBe(1)
    expect(early.log).toContain('after a cool-down')
    expect(await shasOf(spark)).toEqual([first, first, second])
    const again = await deploy(spark, '--rollback')
    expect(again.code, again.log).toBe(0)
    expect(again.log).toMatch(/is the last good one: it stays; api-\d: ends with its connections/)
    expect(await shasOf(spark)).toEqual([first, first])
  }, 240_000)

  it('a release whose api or executor does not start is never given traffic, and all stay on the old one', async () => {
    checkout = createCheckout()
    const first = checkout.head()
    spark = await createSpark({}, checkout.dir)
    await startUp(spark, 1)
    const [old] = await servingOf(spark)
    const running = load(spark.apiUrl, { keepAlive: 2, fresh: 2 })
    const mended = checkout.read('packages/server/src/api/main.ts')
    checkout.commit('packages/server/src/api/main.ts', "throw new Error('broken api')\n")
    const api = await deploy(spark, '--rolling')
    expect(api.code, api.log).toBe(1)
    expect(api.log).toContain('it ended with exit code 1')
    expect(await servingOf(spark)).toMatchObject([{ pid: old?.pid, sha: first }])

    checkout.commit('packages/server/src/executor/main.ts', "throw new Error('broken executor')\n")
    checkout.commit('packages/server/src/api/main.ts', mended)
    const executor = await deploy(spark, '--rolling')
    expect(executor.code, executor.log).toBe(1)
    expect(await shasOf(spark)).toEqual([first])
    await healthy(spark, 'executor')
    expect((await statusOf(spark)).executor.sha).toBe(first)
    expect((await running.stop()).failures).toEqual([])
  }, 240_000)
})
