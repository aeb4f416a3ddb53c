import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '@spark/server/clock'
import { addExchangeKeys } from '@spark/server/exchange-keys'
import { createInstallationStore } from '@spark/server/storage/installation-store'
import { openMainDatabase } from '@spark/server/storage/open-main-database'
import { createSpark, healthy, type Spark } from '../support/spark.ts'

const REFUSED = 78
let spark: Spark
afterEach(() => spark.remove())

/** Starts the executor, which must refuse; resolves with what it says is wrong. */
async function refusal(): Promise<string[]> {
  const executor = spark.start('executor')
  expect(await executor.ended, executor.log()).toBe(REFUSED)
  const lines = executor
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: string; problems?: string[] })
  return lines.find(({ level }) => level === 'fatal')?.problems ?? []
}
const LIVE = {
  SPARK_MODE: 'live',
  SPARK_VENUE: 'ccxt:binance',
  SPARK_FEED: 'ccxt:binance',
  SPARK_EXCHANGE_URL: 'http://127.0.0.1:9',
}
const LIMITS = [
  'allowedSymbols: [BTCUSDT]',
  'maxOrderNotional: 100',
  'maxStrategyNotional: 100',
  'maxTotalNotional: 1000',
  'maxOrdersPerMinute: 10',
  'maxDailyLoss: 50',
  'maxDrawdownPercent: 5',
]
function configure(text: string): void {
  const file = join(spark.dataDir, 'spark.yaml')
  writeFileSync(file, text)
  spark.env['SPARK_CONFIG'] = file
}
const strategies = (mode: string) => `strategies:\n  - { id: a, symbol: BTCUSDT, tf: 1h, mode: ${mode} }\n`
const risk = (limits: readonly string[]) => `risk:\n${limits.map((limit) => `  ${limit}\n`).join('')}`
async function inDatabase(work: (database: Awaited<ReturnType<typeof openMainDatabase>>) => Promise<unknown>): Promise<void> {
  const database = await openMainDatabase({ path: spark.databasePath, thread: false })
  await work(database)
  await database.close()
}
const storeKeys = (venue: string) =>
  inDatabase(async ({ db }) => {
    const parts = { db, clock: systemClock, keyFile: join(spark.dataDir, 'master.key') }
    const change = { actor: 'test', traceId: 'a'.repeat(32), reason: 'a test', venue, replace: false }
    await addExchangeKeys(parts, { apiKey: 'key', secret: 'secret' }, change)
  })

describe('a real executor with SPARK_MODE=live', { timeout: 60_000 }, () => {
  it('refuses to start without keys, limits and armed strategies, and says all that is missing', async () => {
    spark = await createSpark(LIVE)
    expect(await refusal()).toEqual([
      'no exchange keys are stored for "ccxt:binance"; run: spark keys add ccxt:binance --live',
      expect.stringMatching(
        /^live needs every limit in writing; .* are missing: allowedSymbols, maxOrderNotional, .*maxDrawdownPercent$/,
      ),
      expect.stringMatching(/^no strategy is armed; /),
    ])
  })

  it('refuses with the paper venue', async () => {
    spark = await createSpark({ SPARK_MODE: 'live' })
    expect(await refusal()).toEqual([expect.stringMatching(/^SPARK_MODE is "live", but SPARK_VENUE is "paper"; /)])
  })

  it.each([
    ['keys', { limits: LIMITS, mode: 'live', keys: 'ccxt:binance testnet' }, /^no exchange keys are stored for "ccxt:binance"/],
    ['one limit', { limits: LIMITS.slice(1), mode: 'live', keys: 'ccxt:binance' }, /missing: allowedSymbols$/],
    ['an armed strategy', { limits: LIMITS, mode: 'paper', keys: 'ccxt:binance' }, /^no strategy is armed/],
  ])('refuses when only %s is missing', async (_what, { limits, mode, keys }, expected) => {
    spark = await createSpark(LIVE)
    configure(`${strategies(mode)}${risk(limits)}`)
    await storeKeys(keys)
    expect(await refusal()).toEqual([expect.stringMatching(expected)])
  })

  it('refuses the data folder of paper trading, which then trades on as paper', async () => {
    spark = await createSpark()
    configure(`${strategies('live')}${risk(LIMITS)}`)
    const paper = spark.start('executor')
    await healthy(spark, 'executor')
    paper.child.kill('SIGTERM')
    expect(await paper.ended).toBe(0)
    await storeKeys('ccxt:binance')
    Object.assign(spark.env, LIVE)
    expect(await refusal()).toEqual([
      expect.stringMatching(
        /^this data folder holds the book of "paper" and cannot be opened for "ccxt:binance"; set SPARK_DATA_DIR/,
      ),
    ])
    for (const key of Object.keys(LIVE)) delete spark.env[key]
    spark.start('executor')
    await healthy(spark, 'executor')
  })

  it('that was refused has not bound the data folder to real money', async () => {
    spark = await createSpark(LIVE)
    await refusal()
    for (const key of Object.keys(LIVE)) delete spark.env[key]
    spark.start('executor')
    await healthy(spark, 'executor')
    await inDatabase(async ({ db }) => expect(await createInstallationStore(db).boundVenue()).toBe('paper'))
  })
})

describe('a real process with a wrong configuration', { timeout: 60_000 }, () => {
  it('says each variable, its value and what would be right, and starts nothing', async () => {
    spark = await createSpark({
      SPARK_API_PORT: '99999',
      POLL_INTERVAL_MS: '1m',
      SPARK_MODE: 'real',
      TELEGRAM_BOT_TOKEN: 'my-secret',
    })
    const up = spark.start('up')
    // Wrong usage, as of every command.
    expect(await up.ended).toBe(2)
    const shown = up.log()
    for (const problem of [
      'SPARK_API_PORT is "99999"; it must be a whole number of port from 1 to 65535',
      'POLL_INTERVAL_MS is "1m"; it must be a whole number of milliseconds from 1000 to 3600000',
      'SPARK_MODE is "real"; it must be one of paper, live',
      'TELEGRAM_BOT_TOKEN is set; it must be a token like',
    ])
      expect(shown.replaceAll('\\"', '"')).toContain(problem)
    expect(shown).not.toContain('my-secret')
  })

  it('says file, line, key, value and what is allowed', async () => {
    spark = await createSpark()
    configure(`${strategies('paper')}risk:\n  maxOrderNotional: -1\n  maxDailyLos: 5\n`)
    const file = spark.env['SPARK_CONFIG'] ?? ''
    expect(await refusal()).toEqual([
      expect.stringMatching(
        `^${file}:5: risk.maxDailyLos is 5, but there is no such key; the nearest is maxDailyLoss, allowed are `,
      ),
      `${file}:4: risk.maxOrderNotional is -1; it must be an amount in quote units, a plain decimal of at least 0`,
    ])
  })

  it('says that its file is not there, and what a folder in its place is', async () => {
    spark = await createSpark({ SPARK_CONFIG: '/nowhere/spark.yaml' })
    expect(await refusal()).toEqual([
      expect.stringMatching(/^SPARK_CONFIG is "\/nowhere\/spark.yaml"; it must be a readable YAML file/),
    ])
    const folder = join(spark.dataDir, 'folder')
    mkdirSync(folder)
    spark.env['SPARK_CONFIG'] = folder
    expect(await refusal()).toEqual([expect.stringMatching(/must be a readable YAML file/)])
  })
})
