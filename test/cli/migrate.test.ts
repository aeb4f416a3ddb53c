import { afterAll, beforeAll, expect, it } from 'vitest'
import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { createSpark, eventually, featureNow, healthy, postScore, type Ended, type Spark } from '../support/spark.ts'

const SCORES = 3
const IN_ADDRESS = 'secret-of-the-address'
const IN_ENVIRONMENT = 'secret-of-the-environment'

let spark: Spark
let url: string
/** With a password, which a server of tests does not ask for. */
let withPassword: string
/** All that was printed. */
let printed = ''
beforeAll(async () => {
  url = await emptyPostgres({ durable: true })
  withPassword = url.replace('spark@', `spark:${IN_ADDRESS}@`)
  // In files, also where other installations of the tests are on a server.
  spark = await createSpark({ DATABASE_URL: '', PGPASSWORD: IN_ENVIRONMENT })
})
afterAll(() => spark.remove())

async function migrate(to: string): Promise<Ended> {
  const ended = await spark.run('migrate', '--to', to)
  printed += ended.stdout + ended.stderr
  return ended
}
const tables = async () => (await queryPostgres(url, "select 1 from pg_tables where schemaname = 'public'")).length

it('spark migrate copies a stopped installation, goes on after kill -9, and prints counts and times but no password', async () => {
  const api = spark.start('api')
  await healthy(spark)
  for (let at = 0; at < SCORES; at++)
    expect((await postScore(spark, { feature: featureNow(), strategyId: `s-${at}` })).ok).toBe(true)
  const running = expect.stringContaining('another process runs as api-1 on this data folder') as string
  expect(await migrate(withPassword)).toMatchObject({ code: 1, stdout: '', stderr: running })
  expect(await tables()).toBe(0)
  api.child.kill('SIGTERM')
  expect(await api.ended).toBe(0)

  expect(await migrate('db.example/spark')).toMatchObject({ code: 2, stderr: expect.stringContaining('--to: must be') as string })
  const away = await migrate(`postgres://spark:${IN_ADDRESS}@127.0.0.1:1/spark`)
  expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('postgres://127.0.0.1:1/spark') as string })

  const killed = spark.startCommand('migrate', '--to', withPassword)
  await eventually('the copy begins', 30_000, async () => killed.log().includes('Copying '))
  killed.child.kill('SIGKILL')
  await killed.ended
  printed += killed.log()

  const { code, stdout, stderr } = await migrate(url)
  expect(stderr).toMatch(/^Going on with the copy into postgres:.* that was begun at \d{4}-/)
  expect(stderr).toMatch(/^verify the audit: \d+ rows in \d+\.\d\d s, \d+ rows\/s$/m)
  expect(stdout).toMatch(/^audit segments of api-1 +(\d+) +\1 +[0-9a-f]{16} +equal$/m)
  expect(stdout).not.toContain('NOT EQUAL')
  expect(stdout).toMatch(/^The copy is the installation, in \d+\.\d s\./m)
  expect(code).toBe(0)

  const again = await migrate(url)
  expect(again).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('is not empty: it has the table') as string,
  })
  for (const password of [IN_ADDRESS, IN_ENVIRONMENT]) expect(printed).not.toContain(password)

  spark.env['DATABASE_URL'] = withPassword
  const { stdout: list } = await spark.run('audit', 'list', '--action', 'ml.score', '--json')
  expect((JSON.parse(list) as { items: unknown[] }).items).toHaveLength(SCORES)
}, 120_000)
