import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stream } from '@spark/core/market/candle'
import { buildSha } from './build-sha.ts'
import { exchangeOf, venueName } from './venue/venue-names.ts'
import { parseSettings, unknownSettings, type SettingReport, type Values } from './settings.ts'
import { isPostgresUrl } from './storage/postgres-url.ts'
import { parseSparkFile, type SparkFile } from './strategies-file.ts'

/** Where this code lies: the checkout or release folder. */
export const ROOT_DIR = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

/** The platform version, from package.json. */
export const VERSION = (JSON.parse(readFileSync(join(ROOT_DIR, 'package.json'), 'utf8')) as { version: string }).version

export interface Config extends Omit<
  Values,
  'executorUrl' | 'apiUrl' | 'databasePath' | 'masterKeyFile' | 'signingKeyFile' | 'checkpointFile'
> {
  version: string
  buildSha: string
  canary: Stream
  executorUrl: string
  apiUrl: string
  databasePath: string
  /** SPARK_MODE=live. */
  live: boolean
  /** Where orders go, as its book is named. */
  venueName: string
  masterKeyFile: string
  signingKeyFile: string
  /** null: no copy elsewhere. */
  checkpointFile: string | null
  file: SparkFile
  /** Every variable with its value and where it came from, for spark doctor. */
  report: SettingReport[]
  warnings: string[]
}

/** The settings are wrong; `problems` names each one and what would be right. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The configuration is wrong:\n  ${problems.join('\n  ')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads the environment and config/spark.yaml: the only place that does. Throws ConfigError. Relative paths are relative to the current
 * folder. `configFile` stands before SPARK_CONFIG.
 */
export function loadConfig(given: Record<string, string | undefined> = process.env, configFile?: string): Config {
  const env = configFile === undefined ? given : { ...given, SPARK_CONFIG: configFile }
  const { values, report, problems } = parseSettings(env)
  if (problems.length === 0) problems.push(...combinationProblems(values))
  if (problems.length > 0) throw new ConfigError(problems)
  const loopbackHost =
    values.host === '0.0.0.0'
      ? '127.0.0.1'
      : values.host === '::'
        ? '[::1]'
        : values.host.includes(':')
          ? `[${values.host}]`
          : values.host
  const dataDir = resolve(values.dataDir)
  return {
    ...values,
    version: VERSION,
    buildSha: buildSha(ROOT_DIR),
    canary: { symbol: values.canarySymbol, tf: values.canaryTimeframe },
    dataDir,
    executorUrl: values.executorUrl ?? `http://${loopbackHost}:${values.executorPort}`,
    apiUrl: values.apiUrl ?? `http://${loopbackHost}:${values.apiPort}`,
    databasePath: databasePath(values.databasePath, dataDir),
    live: values.mode === 'live',
    venueName: venueName(values.venue, values.mode === 'live'),
    masterKeyFile: values.masterKeyFile === '' ? join(dataDir, 'master.key') : resolve(values.masterKeyFile),
    signingKeyFile: values.signingKeyFile === '' ? join(dataDir, 'signing.key') : resolve(values.signingKeyFile),
    checkpointFile: values.checkpointFile === '' ? null : resolve(values.checkpointFile),
    file: readSparkFile(values.configFile, env['SPARK_CONFIG'] !== undefined),
    report,
    warnings: unknownSettings(env),
  }
}

/** A file is found from the folder Spark is started in. */
function databasePath(given: string | null, dataDir: string): string {
  if (given === null) return join(dataDir, 'spark.db')
  return isPostgresUrl(given) ? given : resolve(given)
}

/** What each variable allows and the whole does not. */
function combinationProblems(values: Values): string[] {
  const { mode, venue, feed, clockSpeed, telegramBotToken, telegramChatId, hostName, databasePath: database } = values
  const problems: string[] = []
  const exchange = exchangeOf(venue)
  if (mode === 'live' && exchange === null)
    problems.push(
      'SPARK_MODE is "live", but SPARK_VENUE is "paper"; live needs SPARK_VENUE=ccxt:EXCHANGE, or set SPARK_MODE=paper',
    )
  if (exchange !== null && feed !== `ccxt:${exchange}`)
    problems.push(
      `SPARK_VENUE is "${venue}", but SPARK_FEED is "${feed}"; orders there need its own prices: set SPARK_FEED=ccxt:${exchange}`,
    )
  if (clockSpeed !== 1 && (exchange !== null || feed.startsWith('ccxt:')))
    problems.push(
      `SPARK_CLOCK_SPEED is "${clockSpeed}", but SPARK_FEED is "${feed}" and SPARK_VENUE is "${venue}"; an exchange does not run faster: set SPARK_CLOCK_SPEED=1, or SPARK_FEED=sim or replay:PATH with SPARK_VENUE=paper`,
    )
  if (hostName !== null && (database === null || !isPostgresUrl(database)))
    problems.push(
      `SPARK_HOST_NAME is "${hostName}", but DATABASE_URL is no server; files are for one host, which needs no name: unset it, or set DATABASE_URL=postgres://…`,
    )
  if (hostName !== null && feed.startsWith('replay:'))
    problems.push(
      `SPARK_HOST_NAME is "${hostName}", but SPARK_FEED is "${feed}"; each host would replay at its own time: replay on one host, and unset the name`,
    )
  if ((telegramBotToken === '') !== (telegramChatId === ''))
    problems.push('TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID belong together; set both or neither')
  return problems
}

function readSparkFile(name: string, named: boolean): SparkFile {
  // The default file lies beside the code, so that spark runs from any folder; a file that was named is where its user says.
  const path = named ? resolve(name) : join(ROOT_DIR, name)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError([`SPARK_CONFIG is "${name}"; it must be a readable YAML file (${(error as Error).message})`])
  }
  const parsed = parseSparkFile(text, name)
  if ('problems' in parsed) throw new ConfigError(parsed.problems)
  return parsed.file
}
