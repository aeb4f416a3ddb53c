import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerOf } from '@spark/contract/routes'
import { afterEach, expect, it } from 'vitest'
import { auditItems } from '../support/answers.ts'
import { createCheckout, type Checkout } from '../support/checkout.ts'
import { deploy, servingOf, shasOf, startUp, statusOf } from '../support/deployment.ts'
import { load } from '../support/load.ts'
import { createSpark, eventually, type Spark } from '../support/spark.ts'

let spark: Spark
let checkout: Checkout | null = null
afterEach(async () => {
  await spark.remove()
  checkout?.remove()
  checkout = null
})

it('./deploy.sh --rolling under 500 requests/s: no failed request, and both builds answer', async () => {
  checkout = createCheckout()
  const first = checkout.head()
  spark = await createSpark({}, checkout.dir)
  await startUp(spark, 2)
  const second = checkout.commit('NOTE', 'second')
  const startedMs = performance.now()
  const running = load(spark.apiUrl, { keepAlive: 10, fresh: 2 })
  const rolling = await deploy(spark, '--rolling')
  const { asked, failures, builds } = await running.stop()
  const seconds = (performance.now() - startedMs) / 1000
  console.log(`rolling deploy in ${seconds.toFixed(1)} s under ${(asked / seconds).toFixed(0)} requests/s`)
  expect(rolling.code, rolling.log).toBe(0)
  expect(failures).toEqual([])
  expect([...builds].sort()).toEqual([first, second].sort())
  expect(asked / seconds).toBeGreaterThan(500)
})

it('restart api replaces them one by one under load, keep-alive and new connections, and no request fails', async () => {
  spark = await createSpark()
  await startUp(spark, 2)
  const before = await servingOf(spark)
  const stream = await fetch(`${spark.apiUrl}/api/events`)
  const running = load(spark.apiUrl, { keepAlive: 6, fresh: 4 })
  for (let round = 0; round < 2; round++) {
    const { code, stdout, stderr } = await spark.run('restart', 'api')
    expect(code, stdout + stderr).toBe(0)
  }
  const after = await servingOf(spark)
  const { asked, failures } = await running.stop()
  expect(failures).toEqual([])
  expect(asked).toBeGreaterThan(1000)
  expect(after).toHaveLength(2)
  expect(after.some(({ pid }) => before.some((old) => old.pid === pid))).toBe(false)
  // Its end, not a broken connection: the reader comes back to another worker.
  expect(await stream.text()).toContain('retry: 2000')
})

it('of two at once the second is refused; one killed in its middle does not stand in the way of the next', async () => {
  checkout = createCheckout()
  spark = await createSpark({}, checkout.dir)
  const up = await startUp(spark, 2)
  const second = checkout.commit('NOTE', 'second')
  const running = spark.startDeploy('--rolling')
  await eventually('the switch', 20_000, async () => up.log().includes('begins'))
  const refused = await deploy(spark, '--rolling')
  expect(refused.code, refused.log).toBe(1)
  expect(refused.log).toContain('another deploy is under way')
  running.child.kill('SIGKILL')
  await running.ended
  const third = checkout.commit('NOTE', 'third')
  const next = await deploy(spark, '--rolling')
  expect(next.code, next.log).toBe(0)
  expect(await shasOf(spark)).toEqual([third, third])
  expect(third).not.toBe(second)
})

it('refuses a checkout with changes that are in no commit; while nothing runs says so, and a rollback turns ML off all the same', async () => {
  checkout = createCheckout()
  spark = await createSpark({}, checkout.dir)
  const early = await deploy(spark, '--canary')
  expect(early.code).toBe(1)
  expect(early.log).toContain('Start it with bin/spark up')
  const up = await startUp(spark, 1)
  checkout.commit('NOTE', 'second')
  checkout.write('NOTE', 'not committed')
  const dirty = await deploy(spark, '--rolling')
  expect(dirty.code, dirty.log).toBe(1)
  expect(dirty.log).toContain('(NOTE). Commit or remove them; --allow-dirty takes the folder as it is')
  const allowed = await deploy(spark, '--rolling', '--allow-dirty')
  expect(allowed.code, allowed.log).toBe(0)
  expect((await shasOf(spark))[0]).toMatch(/^[0-9a-f]{64}$/)

  up.child.kill('SIGTERM')
  await up.ended
  const down = await deploy(spark, '--rolling')
  expect(down.code).toBe(1)
  expect(down.log).toContain('Spark does not run on')
  const rollback = await deploy(spark, '--rollback')
  expect(rollback.code).toBe(1)
  expect(rollback.log).toMatch(/ML off +ok/)
  expect(rollback.log).toContain('ML is off, and stays off')
  await startUp(spark, 1)
  const answer = await fetch(`${spark.apiUrl}/api/ml/score`, {
    method: 'POST',
    body: JSON.stringify({ feature: { ts: 1, symbol: 'X', tf: '1h', o: 1, h: 1, l: 1, c: 1, v: 1 } }),
  })
  expect(await answer.json()).toMatchObject({ mode: 'off' })
})

/** Of deploys that nobody asked for, the newest first. */
const returns = async () => (await auditItems(spark, 'deploy.finished')).filter(({ actor }) => actor === 'supervisor')

it('a rollback brings workers and executor back to the last good build by itself, under load; what is deployed after it stays', async () => {
  checkout = createCheckout()
  const first = checkout.head()
  spark = await createSpark({}, checkout.dir)
  const up = await startUp(spark, 2)
  const second = checkout.commit('NOTE', 'second')
  const rolling = await deploy(spark, '--rolling')
  expect(rolling.code, rolling.log).toBe(0)
  expect(await shasOf(spark)).toEqual([second, second])

  const running = load(spark.apiUrl, { keepAlive: 2, fresh: 2 })
  const rollback = await spark.run('rollout', 'rollback', '--reason', 'drill')
  expect(rollback.code, rollback.stderr).toBe(0)
  const [row] = await eventually('the release returned', 120_000, async () => {
    const rows = await returns()
    return rows.length > 0 ? rows : null
  })
  expect((await running.stop()).failures).toEqual([])
  expect(row).toMatchObject({ result: 'ok', context: { kind: 'rollback', release: first, after: { rollout: 'rollout-1' } } })
  const { stages, sinceRollbackMs } = (row?.context ?? {}) as {
    stages: { name: string; ok: boolean; detail: string }[]
    sinceRollbackMs: number
  }
  console.log(`the release returned within ${sinceRollbackMs} ms of the rollback`)
  expect(sinceRollbackMs).toBeLessThan(120_000)
  expect(stages.map(({ name }) => name)).toEqual(['rolled back', 'workers', 'healthz', 'scores are off'])
  expect(stages[0]?.detail).toMatch(/^rollout-1, [\d.]+ s ago: .*drill/)
  expect(await shasOf(spark)).toEqual([first, first])
  expect((await statusOf(spark)).executor.sha).toBe(first)
  expect(up.log()).toContain('the last good release runs')

  const third = checkout.commit('NOTE', 'third')
  const next = await deploy(spark, '--rolling')
  expect(next.code, next.log).toBe(0)
  // Parity took longer than the next looks of the supervisor.
  expect(await shasOf(spark)).toEqual([third, third])
  expect(await returns()).toHaveLength(1)
  expect((await spark.run('audit', 'verify')).code).toBe(0)
  const byHand = await deploy(spark, '--rollback', '--after', 'rollout-2')
  expect([byHand.code, byHand.log.trim()]).toEqual([1, 'rollout-2 is not the newest rollout, rollout-1 is: nothing returns'])
})

it('when the last good build does not start any more, the other one goes on with ML off, people are told, and it is not tried for ever', async () => {
  checkout = createCheckout()
  const first = checkout.head()
  spark = await createSpark({}, checkout.dir)
  await startUp(spark, 1)
  const second = checkout.commit('NOTE', 'second')
  const rolling = await deploy(spark, '--rolling')
  expect(rolling.code, rolling.log).toBe(0)
  const entry = join(spark.dataDir, 'releases', first, 'packages/server/src/api/main.ts')
  const good = readFileSync(entry, 'utf8')
  writeFileSync(entry, "throw new Error('lost')\n")
  expect((await spark.run('rollout', 'rollback', '--reason', 'drill')).code).toBe(0)
  const alertOf = async () => {
    const { stdout } = await spark.run('alerts', 'list', '--state', 'all', '--json')
    return (JSON.parse(stdout) as AnswerOf<'alerts'>).items.find(({ code }) => code === 'release_not_returned')
  }
  const alert = await eventually('the alert', 120_000, async () => (await alertOf()) ?? null)
  expect(alert).toMatchObject({ severity: 'red', scope: 'release', state: 'firing', count: 1 })
  expect(alert.message).toContain(
    `rollout-1 was rolled back, ML is off, and the release did not return to the last good one (running: ${second.slice(0, 12)})`,
  )
  expect(alert.message).toContain('it ended with exit code 1; ./deploy.sh --rollback tries again')
  expect(await shasOf(spark)).toEqual([second])

  writeFileSync(entry, good)
  const byHand = await deploy(spark, '--rollback')
  expect(byHand.code, byHand.log).toBe(0)
  expect(await shasOf(spark)).toEqual([first])
  expect(await alertOf()).toMatchObject({ state: 'resolved', count: 1 })
  expect((await returns()).map(({ result }) => result)).toEqual(['err'])
})

it('a supervisor that is killed in the middle of the return, and started again on the checkout of what gave way, returns again', async () => {
  checkout = createCheckout()
  const first = checkout.head()
  spark = await createSpark({}, checkout.dir)
  const up = await startUp(spark, 1)
  checkout.commit('NOTE', 'second')
  const rolling = await deploy(spark, '--rolling')
  expect(rolling.code, rolling.log).toBe(0)
  expect((await spark.run('rollout', 'rollback', '--reason', 'drill')).code).toBe(0)
  await eventually('it returns', 60_000, async () => up.log().includes('ok  workers'))
  up.child.kill('SIGKILL')
  await up.ended

  for (let start = 1; start <= 2; start++) {
    const again = await startUp(spark, 1)
    await eventually('the release returned', 120_000, async () => again.log().includes('the last good release runs'))
    expect(await shasOf(spark)).toEqual([first])
    expect((await statusOf(spark)).executor.sha).toBe(first)
    expect((await returns())[0]).toMatchObject({ result: 'ok', context: { release: first, after: { rollout: 'rollout-1' } } })
    again.child.kill('SIGTERM')
    await again.ended
  }
})
