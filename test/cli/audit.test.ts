import { cpSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { isPostgresUrl } from '@spark/server/storage/postgres-url'
import { createSpark, featureNow, healthy, postScore, type Spark } from '../support/spark.ts'

let spark: Spark
beforeAll(async () => {
  spark = await createSpark()
  const api = spark.start('api')
  await healthy(spark)
  for (let index = 0; index < 20; index++) await postScore(spark, { feature: featureNow(), strategyId: `s-${index}` })
  api.child.kill('SIGTERM')
  if ((await api.ended) !== 0) throw new Error(`the api did not stop cleanly:\n${api.log()}`)
})
afterAll(() => spark.remove())

/** A copy of the installation whose chain was changed as someone with the file, or the server, in hand would: without its triggers. */
async function tampered(sql: string): Promise<{ code: number | null; stdout: string }> {
  const onServer = isPostgresUrl(spark.databasePath)
  const copy = await createSpark(onServer ? { DATABASE_URL: await copyPostgres(spark.databasePath) } : {})
  try {
    cpSync(spark.dataDir, copy.dataDir, { recursive: true })
    const change = `${sql} and writer = 'api-1'`
    if (onServer) await queryPostgres(copy.databasePath, `set session_replication_role = replica; ${change}`)
    else changeFile(join(copy.dataDir, 'audit/api-1.db'), change)
    return await copy.run('audit', 'verify')
  } finally {
    await copy.remove()
  }
}

function changeFile(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  for (const { name } of db.prepare("select name from sqlite_master where type = 'trigger'").all())
    db.exec(`drop trigger "${String(name)}"`)
  db.exec(sql)
  db.close()
}

describe('spark audit', () => {
  it('works on the files while nothing runs: list, export, snapshot, verify', async () => {
    const list = JSON.parse((await spark.run('audit', 'list', '--json', '--action', 'ml.score', '--limit', '3')).stdout) as {
      items: { strategyId: string }[]
    }
    expect(list.items.map((item) => item.strategyId)).toEqual(['s-19', 's-18', 's-17'])
    const exported = (await spark.run('audit', 'export', '--action', 'ml.score')).stdout.trim().split('\n')
    expect(exported).toHaveLength(20)
    const snapshot = await spark.run('audit', 'snapshot')
    const path = snapshot.stdout.split(':')[0] ?? ''
    expect(path).toMatch(/audit_snapshot_\d{8}\.json$/)
    expect((JSON.parse(readFileSync(path, 'utf8')) as { items: unknown[] }).items.length).toBeGreaterThanOrEqual(20)
    const verify = await spark.run('audit', 'verify')
    expect(verify.stdout).toContain('The audit is whole.')
    expect(verify.code).toBe(0)
  })

  // Row 1 is process.start, so s-7 is row 9.
  it.each([
    [
      'edited',
      `update audit_segment set body = replace(body, '"strategyId":"s-7"', '"strategyId":"s-8"') where true`,
      /edited: .*\b9\b/,
    ],
    ['removed', 'delete from audit_segment where first_seq = 5', /missing: .*\b5\b/],
    [
      'cut off at the end, which only the signed checkpoint knows',
      'delete from audit_segment where first_seq >= 15',
      /truncated: .*\b14\b/,
    ],
  ])('verify names what was %s', async (_what, sql, words) => {
    const { code, stdout } = await tampered(sql)
    expect(code).toBe(1)
    expect(stdout).toMatch(words)
    expect(stdout).toContain('The audit is NOT whole')
  })
})
