import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { goodFeature } from '@spark/server/api/feature-fixture'
import { freePort } from '@spark/server/free-port-fixture'
import { emptyPostgres } from '@spark/server/storage/postgres/postgres-database-fixture'
import { PREBUNDLED_MODULES } from '@spark/server/prebundle/prebundle'
import { isPostgresUrl } from '@spark/server/storage/postgres-url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Real candles for tests; absent in a plain checkout. */
export const SHARED_DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url))

/** Installations stand on a server: set by test/run.ts. */
export const ON_POSTGRES = process.env['SPARK_TEST_POSTGRES'] === '1'

export interface Spark {
  dataDir: string
  /** Of the main database: a file in the data folder, or a server's. */
  databasePath: string
  apiUrl: string
  executorUrl: string
  env: Record<string, string>
  /** Starts a process of this installation; the entry is a path below the repository, or `up`. */
  start(entry: 'up' | 'api' | 'executor'): SparkProcess
  /** Starts deploy.sh of the checkout with the environment as it is in `env` now. */
  startDeploy(...args: string[]): SparkProcess
  /** Starts a spark command that goes on by itself. */
  startCommand(...args: string[]): SparkProcess
  /** Runs a spark command to its end. */
  run(...args: string[]): Promise<Ended>
  /** Likewise, with this text on its standard input. */
  runWith(input: string, ...args: string[]): Promise<Ended>
  token(): string
  /** Kills what runs and removes the data. */
  remove(): Promise<void>
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface SparkProcess {
  child: ChildProcess
  /** Standard output and error so far. */
  log(): string
  ended: Promise<number | null>
}

/** Where the main database of a new data folder is: a file in it, and in `npm run test:postgres` one of a server, which is empty. */
export async function newDatabase(dataDir: string): Promise<string> {
  return ON_POSTGRES ? emptyPostgres({ durable: true }) : join(dataDir, 'spark.db')
}

/**
 * An installation of its own: data folder and ports that nothing else uses, and in `npm run test:postgres` a database that is empty.
 * `root` is the checkout whose code runs.
 */
export async function createSpark(env: Record<string, string> = {}, root = ROOT): Promise<Spark> {
  const program = join(root, 'bin/spark')
  const dataDir = mkdtempSync(join(tmpdir(), 'spark-system-'))
  const [apiPort, executorPort] = [await freePort(), await freePort()]
  const databasePath = env['DATABASE_URL'] ?? (await newDatabase(dataDir))
  const full: Record<string, string> = {
    ...inherited(),
    // As bin/spark sets it.
    NODE_COMPILE_CACHE: `${ROOT}node_modules/.cache/node-compile`,
    SPARK_DATA_DIR: dataDir,
    SPARK_API_PORT: String(apiPort),
    SPARK_EXECUTOR_PORT: String(executorPort),
    SPARK_RATE_LIMIT_PER_MIN: '100000000',
    ...(isPostgresUrl(databasePath) && { DATABASE_URL: databasePath }),
    ...env,
  }
  const running = new Set<SparkProcess>()
  const options = () => ({ cwd: root, env: full, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] })
  function begin(child: ChildProcess): SparkProcess {
    const started = watch(child)
    running.add(started)
    void started.ended.then(() => running.delete(started))
    return started
  }
  return {
    dataDir,
    databasePath,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    executorUrl: `http://127.0.0.1:${executorPort}`,
    env: full,
    start(entry) {
      return begin(
        entry === 'up'
          ? spawn(program, ['up'], options())
          : spawn(process.execPath, ['--require', PREBUNDLED_MODULES, `packages/server/src/${entry}/main.ts`], options()),
      )
    },
    run: (...args) => runToEnd(program, args, { env: full, cwd: root }),
    runWith: (input, ...args) => runToEnd(program, args, { env: full, cwd: root, input }),
    startDeploy: (...args) => begin(spawn(join(root, 'deploy.sh'), args, options())),
    startCommand: (...args) => begin(spawn(program, args, options())),
    token: () => readFileSync(join(dataDir, 'operator.token'), 'utf8').trim(),
    async remove() {
      for (const { child } of running) child.kill('SIGKILL')
      await Promise.all([...running].map((one) => one.ended))
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** Runs a program from the root of the repository. `input`: what it reads; without it nothing. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { env, input = '', cwd = ROOT }: { env: Record<string, string>; input?: string; cwd?: string },
): Promise<Ended> {
  const child = spawn(program, args, { cwd, env, stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that does not read closes its end.
  child.stdin.on('error', () => {}).end(input)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

function watch(child: ChildProcess): SparkProcess {
  let text = ''
  const keep = (piece: string) => (text = (text + piece).slice(-1_000_000))
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, log: () => text, ended }
}

/** Leaves the installation the 12 strategies of the canary stream alone: one symbol, one timeframe. */
export function onlyCanary(spark: Spark, more = ''): void {
  const file = join(spark.dataDir, 'canary.yaml')
  const rows = Array.from({ length: 12 }, (_, at) => `  - { id: btcusdt-1h-${at + 1}, symbol: BTCUSDT, tf: 1h }\n`)
  writeFileSync(file, `strategies:\n${rows.join('')}${more}`)
  spark.env['SPARK_CONFIG'] = file
}

/** The environment without Spark's own variables: a test says itself what it wants. */
function inherited(): Record<string, string> {
  const own =
    /^(SPARK_|ML_|FEATURE_ML|CANARY_|POLL_|AUDIT_|EXECUTOR_URL|API_URL|DATABASE_URL|SLACK_|TELEGRAM_|ALERT_WEBHOOK|HEARTBEAT_|NODE_OPTIONS|VITEST)/
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0])),
  )
}

/** Asks again until it holds; fails with what was seen last. The only waiting in the tests: for other processes. */
export async function eventually<T>(what: string, limitMs: number, ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = performance.now() + limitMs
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const seen = await ask()
      if (seen !== null && seen !== undefined && seen !== false) return seen
      last = seen
    } catch (error) {
      last = error
    }
    await wait(20)
  }
  throw new Error(`${what}: not within ${limitMs} ms; last: ${String(last)}`)
}

export interface HealthAnswer {
  ok: boolean
  pid: number
  reason?: string
  /** Of the executor, by its clock. */
  lastScoreAgeS?: number | null
}

export async function health(spark: Spark, process: 'api' | 'executor' = 'api', timeoutMs = 2000): Promise<HealthAnswer> {
  const url = process === 'api' ? `${spark.apiUrl}/api/healthz` : `${spark.executorUrl}/health`
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
  return (await response.json()) as HealthAnswer
}

/** How soon a process is there is measured in bench/; here it has as long as the supervisor gives it. */
export function healthy(spark: Spark, process: 'api' | 'executor' = 'api', limitMs = 60_000): Promise<HealthAnswer> {
  return eventually(`${process} healthy`, limitMs, async () => {
    const answer = await health(spark, process)
    return answer.ok ? answer : null
  })
}

export async function postScore(spark: Spark, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${spark.apiUrl}/api/ml/score`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
}

/** A row that can be scored now. */
export function featureNow(): Record<string, unknown> {
  return goodFeature(Date.now())
}

/** Resolves when there is no such process any more. */
export const gone = (pid: number) =>
  eventually(`process ${pid} ends`, 15_000, async () => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  })
