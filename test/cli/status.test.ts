import { chmodSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createSpark, eventually, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
afterEach(() => spark.remove())

describe('spark status', () => {
  it('shows both processes and the feed, and exits 1 when one of them is away', async () => {
    spark = await createSpark()
    spark.start('api')
    const executor = spark.start('executor')
    await healthy(spark)
    await healthy(spark, 'executor')
    await eventually('a warm feed', 15_000, async () => (await spark.run('status')).stdout.includes('60 of 60 streams warm'))
    const well = await spark.run('status')
    expect(well.stdout).toMatch(/^api +ok +pid \d+/m)
    expect(well.stdout).toMatch(/^executor +ok +pid \d+/m)
    expect(well.stdout).toMatch(/^feed +live +sim/m)
    expect(well.code).toBe(0)
    executor.child.kill('SIGTERM')
    await executor.ended
    const away = await spark.run('status', '--json')
    expect(JSON.parse(away.stdout)).toMatchObject({
      ok: false,
      api: { health: { ok: true } },
      executor: { problem: expect.any(String) },
    })
    expect(away.code).toBe(1)
  })
})

describe('spark doctor', () => {
  it('lists settings and paths, and names what is wrong with what would be right', async () => {
    spark = await createSpark({ POLL_INTERVAL_MS: '5000' })
    const good = await spark.run('doctor')
    expect(good.stdout).toMatch(/POLL_INTERVAL_MS +5000 +environment/)
    expect(good.stdout).toContain(spark.dataDir)
    expect(good.stdout).not.toContain('chmod')
    chmodSync(spark.dataDir, 0o755)
    const open = await spark.run('doctor')
    expect(open).toMatchObject({ code: 1, stdout: expect.stringContaining(`-> chmod 700 ${spark.dataDir}`) as string })
    spark.env['POLL_INTERVAL_MS'] = '60s'
    const bad = await spark.run('doctor')
    expect(bad.stdout + bad.stderr).toContain('POLL_INTERVAL_MS is "60s"; it must be a whole number of milliseconds')
    expect(bad.code).not.toBe(0)
  })
})
