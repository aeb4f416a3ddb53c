import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnswerOf } from '@spark/contract/routes'
import { auditItems, killSwitches } from '../support/answers.ts'
import { createSpark, eventually, healthy, onlyCanary, type Spark } from '../support/spark.ts'

let spark: Spark
beforeEach(async () => {
  spark = await createSpark()
  onlyCanary(spark)
})
afterEach(() => spark.remove())

describe('spark backup', () => {
  it('says when there is nothing to back up, and nothing to kill', async () => {
    expect((await spark.run('kill', 'all')).stderr).toContain('nothing trades here')
    expect(await spark.run('backup')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing to back up') as string })
    expect((await spark.run('backup', '--keep', '0')).code).toBe(2)
  })

  it('copies a running installation, and spark restore puts it back once nothing runs', { timeout: 90_000 }, async () => {
    const up = spark.start('up')
    await healthy(spark)
    await healthy(spark, 'executor')
    await spark.run('kill', 'all', '--reason', 'before')
    const folder = join(spark.dataDir, 'elsewhere')
    const older = join(folder, '20200101T000000Z')
    mkdirSync(older, { recursive: true })
    writeFileSync(join(older, 'manifest.json'), '{}')
    const made = JSON.parse((await spark.run('backup', '--to', folder, '--keep', '1', '--json')).stdout) as {
      folder: string
      removed: number
      manifest: { files: { name: string }[] }
    }
    expect([made.removed, existsSync(older)]).toEqual([1, false])
    const name = made.folder.slice(folder.length + 1)
    expect(made.manifest.files.map((file) => file.name).sort()).toEqual([
      'audit/api-1.db',
      'audit/executor.db',
      'audit/orders.db',
      'paper-venue.db',
      'spark.db',
    ])
    await spark.run('unkill', 'all', '--confirm', 'all')
    await spark.run('kill', 'venue:paper', '--reason', 'after')
    expect((await spark.run('restore', made.folder)).stderr).toContain(`--confirm ${name}`)
    expect((await spark.run('restore', made.folder, '--confirm', 'yes')).code).toBe(2)
    const refused = await spark.run('restore', made.folder, '--confirm', name)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('another process runs as supervisor') as string })
    expect(await killSwitches(spark)).toEqual(['venue:paper after'])

    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
    const restored = await spark.run('restore', made.folder, '--confirm', name, '--reason', 'a drill')
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('is as it was at') as string })
    const replaced = readdirSync(spark.dataDir).find((one) => one.startsWith('replaced-')) ?? ''
    expect(existsSync(join(spark.dataDir, replaced, 'spark.db'))).toBe(true)
    spark.start('up')
    await healthy(spark)
    await healthy(spark, 'executor')
    expect(await killSwitches(spark)).toEqual(['all before'])
    const [row] = await eventually('the audit of it', 10_000, async () => {
      const items = await auditItems(spark, 'backup.restored')
      return items.length > 0 ? items : null
    })
    expect(row?.context).toMatchObject({ backup: name, replaced, reason: 'a drill' })
    // What came after the backup is in the audit still, and no chain is broken.
    expect(await auditItems(spark, 'kill.set')).toHaveLength(2)
    expect((await spark.run('audit', 'verify')).stdout).toContain('The audit is whole.')
    await eventually('books that agree', 15_000, async () => {
      const risk = JSON.parse((await spark.run('risk', '--json')).stdout) as AnswerOf<'risk'>
      return risk.venue.reconciledAt !== null && risk.venue.haltedReason === null
    })
  })

  it('restore --check finds a changed byte, and restore refuses it', { timeout: 60_000 }, async () => {
    const api = spark.start('api')
    await healthy(spark)
    api.child.kill('SIGTERM')
    await api.ended
    const { folder } = JSON.parse((await spark.run('backup', '--json')).stdout) as { folder: string }
    expect((await spark.run('restore', folder, '--check')).stdout).toMatch(/: whole; 2 files, [\d.]+ MB, of \d{4}-/)
    const path = join(folder, 'spark.db')
    const bytes = readFileSync(path)
    bytes[9000] = (bytes[9000] ?? 0) ^ 1
    writeFileSync(path, bytes)
    const before = readFileSync(join(spark.dataDir, 'spark.db'))
    const name = folder.split('/').at(-1) ?? ''
    for (const args of [['--check'], ['--confirm', name]])
      expect(await spark.run('restore', folder, ...args)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('was changed since the backup was taken') as string,
      })
    expect(readFileSync(join(spark.dataDir, 'spark.db')).equals(before)).toBe(true)
    expect((await spark.run('restore', spark.dataDir, '--check')).stderr).toContain('is no backup')
  })
})
