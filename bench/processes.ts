import { fork, spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '@spark/server/free-port-fixture'
import { systemClock } from '@spark/server/clock'
import { atEnd, until } from './support.ts'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Processes under test see this environment and no other, so that no setting of the shell changes a figure. */
const PLAIN_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', SPARK_LOG_LEVEL: 'error' }
const START_LIMIT_MS = 120_000

export interface Started {
  child: ChildProcess
  /** Ends it cleanly, within 10 s. */
  stop: () => Promise<void>
}

/** A server that takes requests on a port of the loopback interface. */
export interface Listening extends Started {
  port: number
}

/** A module in a process of its own, which ends with this one. */
export function startModule(path: string, env: Record<string, string>, args: readonly string[] = []): Started {
  const child = fork(fileURLToPath(new URL(path, import.meta.url)), args, {
    env: { ...PLAIN_ENVIRONMENT, ...env },
    // What it says is no figure of the bench.
    stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
  })
  return stoppable(child)
}

/** `bin/spark` as an operator starts it. */
export function startSpark(args: readonly string[], env: Record<string, string>): Started {
  return stoppable(spawn(`${ROOT}bin/spark`, args, { env: { ...PLAIN_ENVIRONMENT, ...env }, stdio: 'ignore' }))
}

function stoppable(child: ChildProcess): Started {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    const cancel = systemClock.after(10_000, () => child.kill('SIGKILL'))
    await exited
    cancel()
  }
  atEnd(stop)
  return { child, stop }
}

/** The api alone, healthy, without limits on the rate. Its executor is away. `more`: further settings. */
export async function startApi(dataDir: string, more: Record<string, string> = {}): Promise<Listening> {
  const port = await freePort()
  const env = {
    SPARK_DATA_DIR: dataDir,
    SPARK_API_PORT: String(port),
    SPARK_RATE_LIMIT_PER_MIN: '100000000',
    SPARK_TOKEN_RATE_LIMIT_PER_MIN: '100000000',
    EXECUTOR_URL: 'http://127.0.0.1:9',
    ...more,
  }
  const started = startModule('../packages/server/src/api/main.ts', env)
  await healthy(`http://127.0.0.1:${port}/api/healthz`)
  return { ...started, port }
}

/** Resolves with the process id once the address answers 200. Asks every 5 ms. */
export async function healthy(url: string, notPid?: number): Promise<number> {
  let pid = 0
  await until(`${url} healthy`, START_LIMIT_MS, 5, async () => {
    const health = await askHealth(url)
    if (health === null || !health.ok || health.pid === notPid) return false
    pid = health.pid
    return true
  })
  return pid
}

async function askHealth(url: string): Promise<{ ok: boolean; pid: number } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    return (await response.json()) as { ok: boolean; pid: number }
  } catch {
    // Not listening yet.
    return null
  }
}
