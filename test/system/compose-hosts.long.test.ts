import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeValues, readCompose } from '@spark/server/packaging-fixture'
import { emptyPostgres, queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { afterAll, expect, it, onTestFailed } from 'vitest'
import { createSpark, eventually, healthy, onlyCanary, type Spark, type SparkProcess } from '../support/spark.ts'

// What compose.hosts.yaml says of its hosts, run without containers: paths, ports and the address of the database are of this machine.

const keys = mkdtempSync(join(tmpdir(), 'spark-keys-'))
const hosts: Spark[] = []
/** Beside the canary stream, so that each host gets some. */
const BASES = ['ETH', 'BNB', 'SOL', 'XRP', 'ADA']
const OTHERS = BASES.map((base) => `  - { id: ${base.toLowerCase()}, symbol: ${base}USDT, tf: 1m }\n`).join('')
/** Their streams, the canary stream, and the lead. */
const LEASES = BASES.length + 2
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.remove()))
  rmSync(keys, { recursive: true, force: true })
})

it('the hosts of compose.hosts.yaml start at once on an empty database, sign with one key, share the streams, and one goes on alone', async () => {
  const url = await emptyPostgres({ durable: true })
  const running: SparkProcess[] = []
  onTestFailed(() => console.log(running.map((one) => one.log().slice(-6_000)).join('\n===\n')))
  const { database: _, ...services } = readCompose('docker/compose.hosts.yaml').services
  for (const { environment } of Object.values(services)) {
    const values = Object.entries(composeValues(environment, { POSTGRES_PASSWORD: 'secret1' }))
    const env = Object.fromEntries(values.map(([name, text]) => [name, text.replace('/var/lib/spark-keys', keys)]))
    const host = await createSpark({ ...env, DATABASE_URL: url })
    onlyCanary(host, OTHERS)
    hosts.push(host)
    running.push(host.start('up'))
  }
  for (const host of hosts) for (const process of ['api', 'executor'] as const) await healthy(host, process, 120_000)
  const query = (sql: string) => queryPostgres(url, sql)
  const reports = async () => (await query('select process from process_report order by process')).map((row) => row['process'])
  await eventually('all report', 60_000, async () => (await reports()).length === 4)
  expect(await reports()).toEqual(['a.api-1', 'a.executor', 'b.api-1', 'b.executor'])
  const [{ value } = {}] = await query(`select value from installation where name = 'signing_key'`)
  expect(value).toBe(readFileSync(join(keys, 'signing.pub'), 'utf8'))

  const owners = async () => {
    const rows = await query(
      `select name, holder from lease where until > extract(epoch from clock_timestamp()) * 1000 and name not like 'member%'`,
    )
    return Map.groupBy(rows, (row) => String(row['holder']))
  }
  // A stream that is handed over is nobody's for a turn.
  await eventually('both have some, all together', 60_000, async () => {
    const held = await owners()
    return held.size === 2 && [...held.values()].flat().length === LEASES
  })
  running[0]?.child.kill('SIGTERM')
  expect(await running[0]?.ended).toBe(0)
  await eventually('b has all of it', 30_000, async () => (await owners()).get('b.executor')?.length === LEASES)
  expect(await reports()).toEqual(['b.api-1', 'b.executor'])
  expect((await hosts[1]?.run('audit', 'verify'))?.stdout).toContain('The audit is whole.')
}, 300_000)
