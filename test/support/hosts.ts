import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { queryPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import type { OrderRow } from './check-owners.ts'
import { createSpark, type Spark } from './spark.ts'

export const SYMBOLS = 'BTC ETH BNB SOL XRP ADA DOGE AVAX LINK DOT LTC TRX'.split(' ').map((base) => `${base}USDT`)

/** A host of this name, six times as fast as the world: a strategy for each symbol decides every ten seconds. A rollout may begin when the one before was rolled back. */
export async function createHost(url: string, name: string): Promise<Spark> {
  const spark = await createSpark({ DATABASE_URL: url, SPARK_HOST_NAME: name, SPARK_CLOCK_SPEED: '6' })
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
