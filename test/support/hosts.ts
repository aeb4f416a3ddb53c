import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import type { OrderRow } from './check-owners.ts'
import { createSpark, healthy, type Spark, type SparkProcess } from './spark.ts'

export const SYMBOLS = 'BTC ETH BNB SOL XRP ADA DOGE AVAX LINK DOT LTC TRX'.split(' ').map((base) => `${base}USDT`)

export const CLOCK_SPEED = 6

/** A host of this name, six times as fast as the world: a strategy for each symbol decides every ten seconds. A rollout may begin when the one before was rolled back. */
export async function createHost(url: string, name: string): Promise<Spark> {
  const spark = await createSpark({ DATABASE_URL: url, SPARK_HOST_NAME: name, SPARK_CLOCK_SPEED: String(CLOCK_SPEED) })
  const path = join(spark.dataDir, 'hosts.yaml')
  const strategies = SYMBOLS.map((symbol) => `  - { id: ${symbol.toLowerCase()}, symbol: ${symbol}, tf: 1m }\n`)
  writeFileSync(path, `strategies:\n${strategies.join('')}rollout: { coolDownMin: 0 }\n`)
  spark.env['SPARK_CONFIG'] = path
  return spark
}

/** As an operator does it when a host joins. `more`: what a test wants alike besides. */
export function joinHost(first: Spark, spark: Spark, ...more: string[]): void {
  for (const file of ['signing.key', 'signing.pub', ...more]) copyFileSync(join(first.dataDir, file), join(spark.dataDir, file))
}

/** Hosts `a` and `b`, whose executors ask the one api, which runs: the same tokens, key and time. `keep` is told of each as soon as it is there. */
export async function createPair(url: string, keep: (spark: Spark) => void): Promise<{ a: Spark; b: Spark; api: SparkProcess }> {
  const a = await createHost(url, 'a')
  keep(a)
  const api = a.start('api')
  await healthy(a)
  const b = await createHost(url, 'b')
  keep(b)
  joinHost(a, b, 'clock.json', 'executor.token', 'operator.token')
  b.env['API_URL'] = a.apiUrl
  return { a, b, api }
}

/** Names of the leases that run and that the executor of this host has. */
export async function leasesOf(url: string, name: string): Promise<string[]> {
  const rows = await queryPostgres(
    url,
    `select name from lease where holder = '${name}.executor' and until > extract(epoch from clock_timestamp()) * 1000`,
  )
  return rows.map((row) => String(row['name']))
}

/** Those of streams among them. */
export async function streamsOf(url: string, name: string): Promise<string[]> {
  return (await leasesOf(url, name)).filter((lease) => lease.includes('USDT'))
}

/** Rows of the chain `orders`. */
export async function orderRows(url: string): Promise<OrderRow[]> {
  const segments = await queryPostgres(url, `select body from audit_segment where writer = 'orders' order by first_seq`)
  return segments.flatMap(({ body }) =>
    String(body)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as OrderRow),
  )
}
