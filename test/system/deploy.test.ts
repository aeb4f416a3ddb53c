import { afterEach, describe, expect, it } from 'vitest'
import { createCheckout, HAS_GIT, type Checkout } from '../support/checkout.ts'
import { load } from '../support/load.ts'
import { createSpark, eventually, healthy, type Spark, type SparkProcess } from '../support/spark.ts'

let spark: Spark
let checkout: Checkout | null = null
afterEach(async () => {
  await spark.remove()
  checkout?.remove()
  checkout = null
})

interface Worker {
  name: string
  pid: number
  state: string
  canary: boolean
  sha: string
}
interface Status {
  supervisor: { workers: Worker[]; executor: { sha: string; pid: number } }
}

async function status(): Promise<Status['supervisor']> {
  const { stdout } = await spark.run('status', '--json')
  return (JSON.parse(stdout) as Status).supervisor
}
const serving = async () => (await status()).workers.filter(({ state }) => state === 'serving')
const shas = async () => (await serving()).map(({ sha }) => sha)

async function startUp(workers: number): Promise<SparkProcess> {
  spark.env['SPARK_API_WORKERS'] = String(workers)
  const up = spark.start('up')
  await eventually('up', 30_000, async () => up.log().includes('Workers of the API: '))
  await healthy(spark)
  await healthy(spark, 'executor')
  return up
}

async function deploy(...args: string[]): Promise<{ code: number | null; log: string }> {
  const process_ = spark.startDeploy(...args)
  const code = await process_.ended
  return { code, log: process_.log() }
}

async function auditOf(action: string): Promise<{ result: string; context: Record<string, unknown> }[]> {
  const { stdout } = await spark.run('audit', 'list', '--action', action, '--json')
  return (JSON.parse(stdout) as { items: { result: string; context: Record<string, unknown> }[] }).items
}

describe('several workers', () => {
  it('restart api replaces them one by one under load, keep-alive and new connections, and no request fails', async () => {
    spark = await createSpark()
    await startUp(2)
    const before = await serving()
    const stream = await fetch(`${spark.apiUrl}/api/events`)
    const running = load(spark.apiUrl, { keepAlive: 6, fresh: 4 })
    for (let round = 0; round < 2; round++) {
      const { code, stdout, stderr } = await spark.run('restart', 'api')
      expect(code, stdout + stderr).toBe(0)
    }
    const after = await serving()
    const { asked, failures } = await running.stop()
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(1000)
    expect(after).toHaveLength(2)
    expect(after.some(({ pid }) => before.some((old) => old.pid === pid))).toBe(false)
    // Its end, not a broken connection: the reader comes back to another worker.
    expect(await stream.text()).toContain('retry: 2000')
  }, 90_000)

  it('one that is killed is started again under its name, and the others answer meanwhile', async () => {
    spark = await createSpark()
    await startUp(2)
    const [first, second] = await serving()
    process.kill(first?.pid ?? 0, 'SIGKILL')
    expect((await healthy(spark, 'api', 2000)).pid).toBe(second?.pid)
    await eventually('the first one again', 20_000, async () => {
      const [again] = await serving()
      return again?.name === first?.name && again?.pid !== null && again?.pid !== first?.pid
    })
  }, 60_000)
})

describe.skipIf(!HAS_GIT)('deploy.sh (skipped without git)', () => {
  it('canary beside the others, rolling to the new build, rollback to the last good one: all under load, no request fails', async () => {
    checkout = createCheckout()
    const first = checkout.head()
    spark = await createSpark({}, checkout.dir)
    await startUp(2)
    const running = load(spark.apiUrl, { keepAlive: 4, fresh: 2 })
    const second = checkout.commit('NOTE', 'second')

    const canary = await deploy('--canary')
    expect(canary.code, canary.log).toBe(0)
    expect((await serving()).map(({ sha, canary: is }) => [sha, is])).toEqual([
      [first, false],
      [first, false],
      [second, true],
    ])

    spark.env['FEATURE_ML_SCORING'] = '0.1'
    const rolling = await deploy('--rolling')
    // The release is there; the share waits for its gates, and says for which.
    expect(rolling.code, rolling.log).toBe(1)
    expect(rolling.log).toContain('0.1 is approved and recorded, but the gates do not allow it yet')
    expect(rolling.log).toMatch(/Missing: .*more of good time/)
    expect(await shas()).toEqual([second, second])
    expect((await status()).executor.sha).toBe(second)

    spark.env['FEATURE_ML_SCORING'] = '0'
    const startedMs = performance.now()
    const rollback = await deploy('--rollback')
    expect(rollback.code, rollback.log).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(120_000)
    expect(rollback.log).toMatch(/ML off +ok +\d+ +rollout-1 rolled back by one commit of \d+ ms/)
    expect(rollback.log).toMatch(/scores are off +ok/)
    expect(await shas()).toEqual([first, first])
    const { asked, failures, builds } = await running.stop()
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(1000)
    expect([...builds].sort()).toEqual([first, second].sort())

    const rows = await eventually('audit rows of the deploys', 20_000, async () => {
      const seen = await auditOf('deploy.finished')
      return seen.length === 3 ? seen : null
    })
    expect(rows.map(({ result, context }) => [context['kind'], result])).toEqual([
      ['rollback', 'ok'],
      ['rolling', 'err'],
      ['canary', 'ok'],
    ])
    expect((await spark.run('audit', 'verify')).code).toBe(0)

    spark.env['FEATURE_ML_SCORING'] = 'preview'
    const early = await deploy('--canary')
    expect(early.code, early.log).toBe(1)
    expect(early.log).toContain('after a cool-down')
    expect(await shas()).toEqual([first, first, second])
    const again = await deploy('--rollback')
    expect(again.code, again.log).toBe(0)
    expect(again.log).toMatch(/is the last good one: it stays; api-\d: ends with its connections/)
    expect(await shas()).toEqual([first, first])
  }, 120_000)

  it('a release whose api or executor does not start is never given traffic, and all stay on the old one', async () => {
    checkout = createCheckout()
    const first = checkout.head()
    spark = await createSpark({}, checkout.dir)
    await startUp(1)
    const [old] = await serving()
    const running = load(spark.apiUrl, { keepAlive: 2, fresh: 2 })
    const mended = checkout.read('packages/server/src/api/main.ts')
    checkout.commit('packages/server/src/api/main.ts', "throw new Error('broken api')\n")
    const api = await deploy('--rolling')
    expect(api.code, api.log).toBe(1)
    expect(api.log).toContain('it ended with exit code 1')
    expect(await serving()).toMatchObject([{ pid: old?.pid, sha: first }])

    checkout.commit('packages/server/src/executor/main.ts', "throw new Error('broken executor')\n")
    checkout.commit('packages/server/src/api/main.ts', mended)
    const executor = await deploy('--rolling')
    expect(executor.code, executor.log).toBe(1)
    expect(await shas()).toEqual([first])
    await healthy(spark, 'executor')
    expect((await status()).executor.sha).toBe(first)
    expect((await running.stop()).failures).toEqual([])
  }, 120_000)

  it('of two at once the second is refused; one killed in its middle does not stand in the way of the next', async () => {
    checkout = createCheckout()
    spark = await createSpark({}, checkout.dir)
    const up = await startUp(2)
    const second = checkout.commit('NOTE', 'second')
    const running = spark.startDeploy('--rolling')
    await eventually('the switch', 20_000, async () => up.log().includes('begins'))
    const refused = await deploy('--rolling')
    expect(refused.code, refused.log).toBe(1)
    expect(refused.log).toContain('another deploy is under way')
    running.child.kill('SIGKILL')
    await running.ended
    const third = checkout.commit('NOTE', 'third')
    const next = await deploy('--rolling')
    expect(next.code, next.log).toBe(0)
    expect(await shas()).toEqual([third, third])
    expect(third).not.toBe(second)
  }, 120_000)

  it('refuses a checkout with changes that are in no commit; while nothing runs says so, and a rollback turns ML off all the same', async () => {
    checkout = createCheckout()
    spark = await createSpark({}, checkout.dir)
    const early = await deploy('--canary')
    expect(early.code).toBe(1)
    expect(early.log).toContain('Start it with bin/spark up')
    const up = await startUp(1)
    checkout.commit('NOTE', 'second')
    checkout.write('NOTE', 'not committed')
    const dirty = await deploy('--rolling')
    expect(dirty.code, dirty.log).toBe(1)
    expect(dirty.log).toContain('(NOTE). Commit or remove them; --allow-dirty takes the folder as it is')
    const allowed = await deploy('--rolling', '--allow-dirty')
    expect(allowed.code, allowed.log).toBe(0)
    expect((await shas())[0]).toMatch(/^[0-9a-f]{64}$/)

    up.child.kill('SIGTERM')
    await up.ended
    const down = await deploy('--rolling')
    expect(down.code).toBe(1)
    expect(down.log).toContain('Spark does not run on')
    const rollback = await deploy('--rollback')
    expect(rollback.code).toBe(1)
    expect(rollback.log).toMatch(/ML off +ok/)
    expect(rollback.log).toContain('ML is off, and stays off')
    await startUp(1)
    const answer = await fetch(`${spark.apiUrl}/api/ml/score`, {
      method: 'POST',
      body: JSON.stringify({ feature: { ts: 1, symbol: 'X', tf: '1h', o: 1, h: 1, l: 1, c: 1, v: 1 } }),
    })
    expect(await answer.json()).toMatchObject({ mode: 'off' })
  }, 120_000)
})
