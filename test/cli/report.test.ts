import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSpark, healthy, type Spark } from '../support/spark.ts'

let spark: Spark
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spark-report-cli-'))
  spark = await createSpark()
  spark.start('api')
  await healthy(spark)
  spark.start('executor')
})
afterAll(async () => {
  await spark.remove()
  rmSync(folder, { recursive: true })
})

describe('spark report', () => {
  it('makes the report of a fresh installation, whose figures are not there, and its evidence holds anywhere', async () => {
    const { code, stdout } = await spark.run('report', '--last', '--lang', 'tr', '--reason', 'first look')
    expect(stdout).toContain('# 📊 ML SCORING GO-LIVE RAPORU')
    expect(stdout).toContain('- 0.5-0.6: ölçüm yok')
    expect(stdout).toContain('- **RSI:** ölçüm yok')
    expect(code).toBe(0)
    const { items } = JSON.parse((await spark.run('report', 'list', '--json')).stdout) as {
      items: { id: string; state: string }[]
    }
    expect(items).toMatchObject([{ state: 'done', askedBy: 'operator' }])
    const id = items[0]?.id ?? ''
    const zip = join(folder, 'evidence.zip')
    expect(await spark.run('report', 'evidence', id, '--out', zip)).toMatchObject({ code: 0 })
    const key = join(folder, 'signing.pub')
    writeFileSync(key, readFileSync(join(spark.dataDir, 'signing.pub')))
    const verified = await spark.run('evidence', 'verify', zip, '--key', key)
    expect(verified).toMatchObject({ code: 0 })
    expect(verified.stdout).toContain('The evidence is whole.')
    const bytes = readFileSync(zip)
    const middle = bytes.length >> 1
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
    writeFileSync(zip, bytes)
    const changed = await spark.run('evidence', 'verify', zip, '--key', key)
    expect(changed.code).toBe(1)
    expect(changed.stdout).toContain('archive: the archive is not as it was signed')
    expect(await spark.run('report', 'sign', id, '--as', 'reviewed')).toMatchObject({ code: 0, stdout: `${id}: reviewed\n` })
    expect((await spark.run('report', 'sign', id, '--as', 'approved')).code).toBe(1)
  })

  it('refuses what cannot be, before it asks for anything', async () => {
    for (const wrong of [
      ['--day', 'yesterday'],
      ['--lang', 'de'],
      ['--format', 'pdf'],
      ['--last', '--day', '2026-01-31'],
    ])
      expect((await spark.run('report', ...wrong)).code).toBe(2)
    expect(
      (await spark.run('evidence', 'verify', join(folder, 'none.zip'), '--key', join(spark.dataDir, 'operator.token'))).code,
    ).toBe(2)
    expect(existsSync(join(folder, 'none.zip'))).toBe(false)
  })
})
