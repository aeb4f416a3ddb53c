import { afterAll, beforeAll, expect, it } from 'vitest'
import { auditItems, killSwitches } from '../support/answers.ts'
import { createSpark, eventually, healthy, onlyCanary, type Spark } from '../support/spark.ts'

let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
  onlyCanary(spark)
})
afterAll(() => spark.remove())

it('what stops trading, and arming, work while the API is down, and hold when it is back', { timeout: 120_000 }, async () => {
  const first = spark.start('executor')
  await healthy(spark, 'executor')
  // Written beside the executor that runs, which cancels and tells the audit.
  const set = await spark.run('kill', 'all', '--reason', 'api away')
  expect(set).toMatchObject({ code: 0, stderr: expect.stringContaining('The API could not do it') as string })
  await eventually('the audit of it', 10_000, async () => (await auditItems(spark, 'kill.set')).length === 1)
  first.child.kill('SIGTERM')
  await first.ended
  expect((await spark.run('kill', 'strategy:btcusdt-1h-1')).code).toBe(0)
  expect((await spark.run('kill', 'strategy:nobody')).code).toBe(2)
  expect((await spark.run('unkill', 'strategy:btcusdt-1h-1', '--confirm', 'strategy:btcusdt-1h-1')).code).toBe(0)
  expect((await spark.run('unkill', 'venue:paper', '--confirm', 'venue:paper')).code).toBe(1)
  expect((await spark.run('strategies', 'pause', 'btcusdt-1h-2', '--reason', 'odd')).code).toBe(0)
  expect((await spark.run('strategies', 'arm', 'btcusdt-1h-3', '--confirm', 'btcusdt-1h-3', '--reason', 'proved')).code).toBe(0)
  expect((await spark.run('strategies', 'stop', 'nobody')).stderr).toContain('no such strategy is stored')
  spark.start('api')
  await healthy(spark)
  expect(await killSwitches(spark)).toEqual(['all api away'])
  const shown = (await spark.run('strategies')).stdout
  expect(shown).toMatch(/^btcusdt-1h-2 .* baseline +paper +paused +odd$/m)
  expect(shown).toMatch(/^btcusdt-1h-3 .* baseline +live +running$/m)
  // The events wait for an executor.
  spark.start('executor')
  await healthy(spark, 'executor')
  await eventually('the audit of the change', 10_000, async () => (await auditItems(spark, 'strategy.changed')).length === 1)
  expect((await auditItems(spark, 'strategy.changed'))[0]?.context).toMatchObject({ after: { mode: 'live' }, reason: 'proved' })
})
