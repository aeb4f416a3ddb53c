import { TIMEFRAMES, isTimeframe, type Timeframe } from '@spark/core/market/timeframe'
import { parseWeights, type Weights } from '@spark/core/signal/model'
import { VENUES } from './venue/venue-names.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'
import { nearestName } from './nearest-name.ts'
import { databaseName, isPostgresUrl } from './storage/postgres-url.ts'

/** One environment variable: how its text becomes a value. `parse` throws a string that says what would be right. */
export interface Setting<T> {
  name: string
  meaning: string
  /** What holds when the variable is unset or empty. */
  fallback: string
  /** Its value is never shown. */
  secret?: true
  /** What is shown of its value. */
  shown?: (text: string) => string
  parse(text: string): T
}

export type Scoring = { mode: 'off' } | { mode: 'preview' } | { mode: 'share'; ceiling: number }

class Wrong extends Error {}
function wrong(shouldBe: string): never {
  throw new Wrong(shouldBe)
}

function setting<T>(name: string, fallback: string, meaning: string, parse: (text: string) => T): Setting<T> {
  return { name, fallback, meaning, parse }
}

function secret<T>(name: string, meaning: string, parse: (text: string) => T): Setting<T> {
  return { ...setting(name, '', meaning, parse), secret: true }
}

const integerBetween = (min: number, max: number, unit: string) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : wrong(`a whole number of ${unit} from ${min} to ${max}`)
}
const numberBetween = (min: number, max: number) => (text: string) => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : wrong(`a number from ${min} to ${max}`)
}
const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string): T =>
    values.find((value) => value === text) ?? wrong(`one of ${values.join(', ')}`)
const boolean = (text: string) => oneOf(['true', 'false'])(text) === 'true'
const url = (text: string) => {
  if (text === '') return null
  return URL.canParse(text) && /^https?:/.test(text) ? text.replace(/\/+$/, '') : wrong('an address like http://127.0.0.1:3003')
}
const matching = (pattern: RegExp, shouldBe: string) => (text: string) => (pattern.test(text) ? text : wrong(shouldBe))

function scoring(text: string): Scoring {
  if (text === '0') return { mode: 'off' }
  if (text === 'preview') return { mode: 'preview' }
  const ceiling = /^[01](\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  return ceiling >= 0.1 && ceiling <= 1 ? { mode: 'share', ceiling } : wrong('0 (off), preview, or a share from 0.1 to 1.0')
}

function weights(text: string): Weights | null {
  if (text === '') return null
  const parsed = parseWeights(text)
  if (parsed === null || Object.values(parsed).every((weight) => weight === 0))
    return wrong('three numbers, RSI, MACD, Trend, like 0.33,0.33,0.33, not all 0')
  return parsed
}

function database(text: string): string | null {
  if (text === '') return null
  if (isPostgresUrl(text) && (URL.parse(text)?.pathname ?? '').length > 1) return text
  const examples = 'file:PATH, like file:data/spark.db, or postgres://USER:PASSWORD@HOST:PORT/DATABASE'
  return text.startsWith('file:') && text.length > 5 ? text.slice(5) : wrong(examples)
}

/** Empty: for ever. */
const days = (min: number) => (text: string) => (text === '' ? null : integerBetween(min, 36_500, 'days')(text))

const port = integerBetween(1, 65_535, 'port')

/** Every environment variable Spark reads, with its default. Units stand in the names or meanings. */
export const SETTINGS = {
  scoring: setting('FEATURE_ML_SCORING', 'preview', 'ML scoring: 0 off, preview, or the approved share 0.1 … 1.0', scoring),
  canarySymbol: setting(
    'CANARY_SYMBOL',
    'BTCUSDT',
    'symbol of the preview stream',
    matching(/^[A-Z0-9]{2,20}$/, 'a symbol like BTCUSDT'),
  ),
  canaryTimeframe: setting('CANARY_TIMEFRAME', '1h', 'timeframe of the preview stream', (text): Timeframe =>
    isTimeframe(text) ? text : wrong(`one of ${TIMEFRAMES.join(', ')}`),
  ),
  confidFloor: setting('ML_CONFID_FLOOR', '0.55', 'confidence under which the decision is 0', numberBetween(0, 1)),
  weights: setting('ML_SIGNAL_WEIGHTS', '', "weights of RSI, MACD, Trend; empty for the model's own", weights),
  pollIntervalMs: setting(
    'POLL_INTERVAL_MS',
    '60000',
    'how often each running strategy asks for a score, ms',
    integerBetween(1000, 3_600_000, 'milliseconds'),
  ),
  auditMlBucket: setting('AUDIT_ML_BUCKET', 'true', 'keep ml_bucket in the audit', boolean),
  auditMlSignalParts: setting('AUDIT_ML_SIGNAL_PARTS', 'true', 'keep ml_signal_parts in the audit', boolean),
  hostName: setting(
    'SPARK_HOST_NAME',
    '',
    'name of this host among several on one PostgreSQL server; empty: it is the only one',
    (text): string | null =>
      text === '' ? null : matching(/^[a-z][a-z0-9-]{0,15}$/, 'a short name like a or host-2: a-z, 0-9 and -')(text),
  ),
  host: setting('SPARK_HOST', '127.0.0.1', 'address to listen on', matching(/^[A-Za-z0-9.:-]+$/, 'an address like 127.0.0.1')),
  apiPort: setting('SPARK_API_PORT', '3003', 'port of the API', port),
  apiWorkers: setting('SPARK_API_WORKERS', '1', 'processes of the API on its one port', integerBetween(1, 16, 'workers')),
  executorPort: setting('SPARK_EXECUTOR_PORT', '4001', 'port of the executor', port),
  dataDir: setting('SPARK_DATA_DIR', 'data', 'folder for databases, keys and tokens', (text) => text),
  allowedHosts: setting('SPARK_ALLOWED_HOSTS', '', 'further names the Host header may carry, comma-separated', (text) =>
    text
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  ),
  executorUrl: setting('EXECUTOR_URL', '', 'where the API finds the executor; empty: from host and port', url),
  apiUrl: setting('API_URL', '', 'where the executor and the CLI find the API; empty: from host and port', url),
  databasePath: {
    ...setting('DATABASE_URL', '', 'main database, and audit when it is a server; empty: file:<data folder>/spark.db', database),
    shown: databaseName,
  },
  feed: setting(
    'SPARK_FEED',
    'sim',
    'market data: sim, replay:PATH or ccxt:EXCHANGE',
    matching(/^(sim|replay:.+|ccxt:[a-z0-9]+)$/, 'sim, replay:PATH or ccxt:EXCHANGE'),
  ),
  exchangeUrl: setting(
    'SPARK_EXCHANGE_URL',
    '',
    "address called in place of the exchange's own (a proxy); empty: the exchange's",
    url,
  ),
  venue: setting('SPARK_VENUE', 'paper', `where orders go: ${VENUES.join(' or ')}`, oneOf(VENUES)),
  mode: setting('SPARK_MODE', 'paper', 'paper, or live: orders with real money', oneOf(['paper', 'live'])),
  clockSpeed: setting(
    'SPARK_CLOCK_SPEED',
    '1',
    'time runs so many times as fast, for rehearsals on sim or replay with paper',
    integerBetween(1, 60, 'times'),
  ),
  slackWebhookUrl: secret('SLACK_WEBHOOK_URL', 'Slack webhook that is told of alerts; empty: none', url),
  telegramBotToken: secret(
    'TELEGRAM_BOT_TOKEN',
    'Telegram bot that tells of alerts; empty: none',
    matching(/^(\d+:[A-Za-z0-9_-]{20,})?$/, 'a token like 123456:ABC…'),
  ),
  telegramChatId: setting(
    'TELEGRAM_CHAT_ID',
    '',
    'chat that the bot writes to',
    matching(/^(-?\d+|@\w+)?$/, 'a chat id like -100123 or @name'),
  ),
  telegramUrl: setting('SPARK_TELEGRAM_URL', 'https://api.telegram.org', "address in place of Telegram's own (a proxy)", url),
  alertWebhookUrl: secret('ALERT_WEBHOOK_URL', 'address that alerts are posted to as JSON; empty: none', url),
  heartbeatUrl: secret('HEARTBEAT_URL', 'address called every minute while all is well; empty: none', url),
  notifyPrivate: setting(
    'SPARK_NOTIFY_PRIVATE',
    'false',
    'let notifications and the heartbeat go to private addresses, also without TLS',
    boolean,
  ),
  configFile: setting('SPARK_CONFIG', 'config/spark.yaml', 'strategies and simulated market', (text) => text),
  masterKeyFile: setting(
    'SPARK_MASTER_KEY_FILE',
    '',
    'key that encrypts exchange keys; empty: <data folder>/master.key',
    (text) => text,
  ),
  signingKeyFile: setting(
    'SPARK_SIGNING_KEY_FILE',
    '',
    'Ed25519 key of the audit signatures; empty: <data folder>/signing.key',
    (text) => text,
  ),
  checkpointFile: setting(
    'SPARK_CHECKPOINT_FILE',
    '',
    'file elsewhere that receives a copy of every audit checkpoint; empty: none',
    (text) => text,
  ),
  candleDays: setting('SPARK_CANDLE_DAYS', '', 'days that candles are kept, 30 or more; empty: for ever', days(30)),
  auditDays: setting('SPARK_AUDIT_DAYS', '', 'days that the audit is kept, 90 or more; empty: for ever', days(90)),
  rateLimitPerMinute: setting(
    'SPARK_RATE_LIMIT_PER_MIN',
    '6000',
    'requests a minute and address without a token',
    integerBetween(1, 100_000_000, 'requests'),
  ),
  tokenRateLimitPerMinute: setting(
    'SPARK_TOKEN_RATE_LIMIT_PER_MIN',
    '3000000',
    'requests a minute with a token',
    integerBetween(1, 100_000_000, 'requests'),
  ),
  logLevel: setting('SPARK_LOG_LEVEL', 'info', 'log level', (text): LogLevel => oneOf(LOG_LEVELS)(text)),
} as const

export type SettingKey = keyof typeof SETTINGS
export type Values = { [Key in SettingKey]: ReturnType<(typeof SETTINGS)[Key]['parse']> }

export interface SettingReport {
  name: string
  value: string
  source: 'environment' | 'default'
  meaning: string
}

/** All values at once, or all problems at once: name, value, and what would be right. */
export function parseSettings(env: Record<string, string | undefined>): {
  values: Values
  report: SettingReport[]
  problems: string[]
} {
  const values: Record<string, unknown> = {}
  const report: SettingReport[] = []
  const problems: string[] = []
  for (const [key, one] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = env[one.name]?.trim()
    const text = given === undefined || given === '' ? one.fallback : given
    const shown = one.shown?.(text) ?? text
    report.push({
      name: one.name,
      value: one.secret === true && text !== '' ? '(set)' : shown,
      source: given === undefined || given === '' ? 'default' : 'environment',
      meaning: one.meaning,
    })
    try {
      values[key] = one.parse(text)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      problems.push(`${one.name} is ${one.secret === true ? 'set' : `"${shown.slice(0, 80)}"`}; it must be ${error.message}`)
    }
  }
  return { values: values as Values, report, problems }
}

/** Warnings for variables that start with SPARK_ and that nothing reads. */
export function unknownSettings(env: Record<string, string | undefined>): string[] {
  const known = Object.values(SETTINGS).map((one): string => one.name)
  return Object.keys(env)
    .filter((name) => name.startsWith('SPARK_') && !known.includes(name))
    .map((name) => `${name} is set, but Spark knows no such variable; the nearest is ${nearestName(name, known)}`)
}
