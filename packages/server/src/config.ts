import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stream } from '@spark/core/market/candle'
import { buildSha } from './build-sha.ts'
import { parseSettings, unknownSettings, type SettingReport, type Values } from './settings.ts'
import { parseSparkFile, type SparkFile } from './strategies-file.ts'

/** Where this code lies: the checkout or release folder. */
export const ROOT_DIR = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

/** The platform version, from package.json. */
export const VERSION = (JSON.parse(readFileSync(join(ROOT_DIR, 'package.json'), 'utf8')) as { version: string }).version

export interface Config extends Omit<Values, 'executorUrl' | 'apiUrl' | 'databasePath' | 'signingKeyFile' | 'checkpointFile'> {
  version: string
  buildSha: string
  canary: Stream
  executorUrl: string
  apiUrl: string
  databasePath: string
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

/** Reads the environment and config/spark.yaml: the only place that does. Throws ConfigError. Relative paths are relative to the current folder. */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const { values, report, problems } = parseSettings(env)
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
    databasePath: resolve(values.databasePath ?? join(dataDir, 'spark.db')),
    signingKeyFile: values.signingKeyFile === '' ? join(dataDir, 'signing.key') : resolve(values.signingKeyFile),
    checkpointFile: values.checkpointFile === '' ? null : resolve(values.checkpointFile),
    file: readSparkFile(values.configFile, env['SPARK_CONFIG'] !== undefined),
    report,
    warnings: unknownSettings(env),
  }
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
