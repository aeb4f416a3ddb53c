import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createSpark, eventually, featureNow, health, healthy, postScore, ROOT, type Spark } from '../support/spark.ts'

let spark: Spark
afterEach(() => spark.remove())

async function rowsOf(traceId: string): Promise<number> {
  const response = await fetch(`${spark.apiUrl}/api/audit/list`, { method: 'POST', body: JSON.stringify({ traceId }) })
  return ((await response.json()) as { items: unknown[] }).items.length
}

/** Another process that holds the write lock of a database until it is killed. */
async function holdLock(path: string): Promise<() => Promise<void>> {
  const code = `const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(${JSON.stringify(path)}); db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['-e', code], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return async () => {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
  }
}

describe('storage that cannot be written', () => {
  it.each(['audit/api-1.db', 'spark.db'])('locked %s: health says so within 3 s and the api recovers by itself', async (file) => {
    spark = await createSpark()
    spark.start('api')
    await healthy(spark)
    const release = await holdLock(join(spark.dataDir, file))
    const sick = await eventually('health 503', 10_000, async () => {
      const startedMs = performance.now()
      const response = await fetch(`${spark.apiUrl}/api/healthz`)
      expect(performance.now() - startedMs).toBeLessThan(3000)
      return response.status === 503 ? ((await response.json()) as { ok: boolean; reason: string }) : null
    })
    expect(sick.ok).toBe(false)
    expect(['locked', 'slow']).toContain(sick.reason)
    await eventually('the reason is named', 10_000, async () => (await health(spark)).reason === 'locked')
    await release()
    await healthy(spark)
  })

  it('a locked audit: no score is answered without its row, and the next ones are', async () => {
    spark = await createSpark()
    spark.start('api')
    await healthy(spark)
    const release = await holdLock(join(spark.dataDir, 'audit/api-1.db'))
    const refused = await postScore(spark, { feature: featureNow() })
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ code: 'storage_unavailable' })
    // Health still answers while the disk does not.
    expect((await health(spark)).ok).toBe(false)
    await release()
    const { traceId } = (await (await postScore(spark, { feature: featureNow() })).json()) as { traceId: string }
    expect(await rowsOf(traceId)).toBe(1)
  })

  const prlimit = spawnSync('prlimit', ['--version']).status === 0
  it.skipIf(!prlimit)(
    'a full disk: 503 with the reason, nothing acknowledged is lost, recovery without restart (skipped without prlimit)',
    async () => {
      spark = await createSpark()
      const api = spark.start('api')
      await healthy(spark)
      const { pid } = await health(spark)
      const answered: string[] = []
      const before = (await (await postScore(spark, { feature: featureNow() })).json()) as { traceId: string }
      answered.push(before.traceId)
      // No file of the process may grow beyond what it is now: what a full disk does, for this process only.
      const largest = Math.max(...filesBelow(spark.dataDir).map((path) => statSync(path).size))
      spawnSync('prlimit', ['--pid', String(pid), `--fsize=${largest}:unlimited`])
      await eventually('a score is refused', 20_000, async () => {
        const response = await postScore(spark, { feature: featureNow() })
        const body = (await response.json()) as { traceId: string; code?: string }
        if (response.status === 200) answered.push(body.traceId)
        else expect(body.code).toBe('storage_unavailable')
        return response.status === 503
      })
      const sick = await eventually('health says so', 10_000, async () => {
        const answer = await health(spark)
        return answer.ok ? null : answer
      })
      expect(['disk_full', 'io_error']).toContain(sick.reason)
      spawnSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited'])
      const well = await healthy(spark)
      expect(well.pid).toBe(pid)
      const after = (await (await postScore(spark, { feature: featureNow() })).json()) as { traceId: string }
      answered.push(after.traceId)
      for (const traceId of answered) expect(await rowsOf(traceId)).toBe(1)
      api.child.kill('SIGTERM')
      expect(await api.ended).toBe(0)
      expect((await spark.run('audit', 'verify')).stdout).toContain('The audit is whole.')
    },
  )
})

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
