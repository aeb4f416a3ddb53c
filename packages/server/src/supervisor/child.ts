import { fork, type ChildProcess } from 'node:child_process'
import { backoffMs, type Backoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { DRAIN, EXIT_CONFIG, READY, STOP_LIMIT_MS, type WorkerUrl } from '../process-life.ts'
import { PREBUNDLED_MODULES } from '../prebundle/prebundle.ts'
import type { Randomness } from '../random.ts'

export interface ChildSpec {
  name: string
  /** Module to run. */
  entry: string
  args: readonly string[]
  /** Becomes descriptor 3 of the child; null: none. */
  socketFd: number | null
  /** Size of the young generation's half, MB: smaller takes less memory at rest and collects more often. */
  semiSpaceMb: number
  /** Null: the child tells where it alone answers. */
  healthUrl: string | null
  env: Record<string, string | undefined>
}

export interface ChildLimits {
  /** A child that is ready, or has answered, and then does not answer for this long is hung. */
  hungMs: number
  /** Likewise for one that starts: a busy machine takes long to load it, and killing it there begins all of it again. */
  startMs: number
  probeEveryMs: number
  probeTimeoutMs: number
  /**
   * Wait before a restart: doubled from first to longest with each failure in a row, with jitter of half. A failure is a start
   * that never became ready, or a process that gave up by itself within `provenMs`; one that was killed is started at once.
   */
  backoff: Backoff
  provenMs: number
}

export const CHILD_LIMITS: ChildLimits = {
  hungMs: 10_000,
  startMs: 60_000,
  probeEveryMs: 1000,
  probeTimeoutMs: 900,
  backoff: { firstMs: 250, maxMs: 30_000 },
  provenMs: 30_000,
}

export interface Child {
  /** Resolves at the first health answer. */
  firstHealthy: Promise<void>
  /** Resolves, with why, when the process ends before its first health answer. */
  firstFailed: Promise<string>
  pid(): number | undefined
  /** Where this process alone answers; null until it has told. */
  url(): string | null
  /** How often it was started again. */
  restarts(): number
  stop: () => Promise<void>
  /** Asks it to answer what it has and end; kills it after `limitMs`. Resolves when it is gone. */
  drain(limitMs: number): Promise<void>
}

export interface ChildDeps {
  clock: Clock
  random: Randomness
  log: Log
  limits: ChildLimits
  /** The child refused its configuration: starting it again cannot help. */
  onRefused(name: string): void
  /** What it says of its health, each time that it is asked. */
  onHealth(health: unknown): void
}

/** Keeps one process alive: starts it, asks for its health, kills it when it hangs, starts it again with backoff. */
export function keepAlive(spec: ChildSpec, deps: ChildDeps): Child {
  const { clock, log, limits } = deps
  let child: ChildProcess | null = null
  let stopping = false
  let failures = 0
  let ready = false
  let startedMs = 0
  let lastHealthyMs = 0
  let probing = false
  let starts = 0
  let url: string | null = null
  const healthy = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<string>()

  function start(): void {
    startedMs = lastHealthyMs = clock.monotonicMs()
    starts++
    ready = false
    child = forkChild(spec, log, { onReady: begun, onUrl: (told) => (url = told), onExit })
  }

  /** From here on it may be silent for as long as one that runs, not as one that starts. */
  function begun(): void {
    ready = true
    lastHealthyMs = clock.monotonicMs()
  }

  function answered(health: unknown): void {
    begun()
    healthy.resolve()
    deps.onHealth(health)
  }

  function onExit(code: number | null, signal: NodeJS.Signals | null): void {
    child = url = null
    failed.resolve(signal === null ? `it ended with exit code ${code ?? 'unknown'}` : `it was ended by ${signal}`)
    if (stopping) return
    if (code === EXIT_CONFIG) return deps.onRefused(spec.name)
    const killedOrProven = signal !== null || clock.monotonicMs() - startedMs > limits.provenMs
    failures = ready && killedOrProven ? 0 : failures + 1
    const waitMs = Math.round(backoffMs(limits.backoff, failures, deps.random.unit()))
    log.error({ child: spec.name, exitCode: code, signal, failures, waitMs }, 'process ended; starting it again')
    // sleep, not after: while no child runs, this wait is what keeps the supervisor alive.
    void clock.sleep(waitMs).then(() => stopping || start())
  }

  async function probe(): Promise<void> {
    if (probing || child === null) return
    probing = true
    const asked = child
    const healthUrl = spec.healthUrl ?? (url === null ? null : `${url}/api/healthz`)
    const health = healthUrl === null ? null : await healthOf(healthUrl, asked.pid, limits.probeTimeoutMs)
    if (health !== null && child === asked) answered(health)
    probing = false
    const silentMs = clock.monotonicMs() - lastHealthyMs
    if (child === asked && !stopping && silentMs > (ready ? limits.hungMs : limits.startMs)) {
      log.error({ child: spec.name, pid: asked.pid, hungMs: Math.round(silentMs) }, 'process does not answer; killing it')
      asked.kill('SIGKILL')
    }
  }

  async function finish(ask: (process: ChildProcess) => void, limitMs: number): Promise<void> {
    stopping = true
    cancelProbe()
    if (child !== null) await ended(child, ask, limitMs, clock)
  }

  start()
  const cancelProbe = clock.every(limits.probeEveryMs, () => void probe())
  return {
    firstHealthy: healthy.promise,
    firstFailed: failed.promise,
    pid: () => child?.pid,
    url: () => url,
    restarts: () => starts - 1,
    stop: () => finish((process) => process.kill('SIGTERM'), STOP_LIMIT_MS + 1000),
    // The channel is closed when it has just died; then its exit follows.
    drain: (limitMs) => finish((process) => process.connected && process.send(DRAIN, () => {}), limitMs),
  }
}

function forkChild(
  spec: ChildSpec,
  log: Log,
  told: {
    onReady: () => void
    onUrl: (url: string) => void
    onExit: (code: number | null, signal: NodeJS.Signals | null) => void
  },
): ChildProcess {
  // stdin closed; output shared: every line of every process is one JSON object.
  const child = fork(spec.entry, spec.args, {
    execArgv: ['--require', PREBUNDLED_MODULES, `--max-semi-space-size=${spec.semiSpaceMb}`],
    // One heap of malloc for all threads: each thread's own kept what a burst had needed (Linux).
    env: { MALLOC_ARENA_MAX: '1', ...spec.env },
    stdio: ['ignore', 'inherit', 'inherit', ...(spec.socketFd === null ? [] : [spec.socketFd]), 'ipc'],
  })
  child.once('exit', told.onExit)
  child.on('message', (message) => {
    if (message === READY) told.onReady()
    else if (isWorkerUrl(message)) told.onUrl(message.url)
  })
  child.once('error', (error) => {
    log.error({ err: error, child: spec.name }, 'process could not be started')
    // Without a process there is no exit event either.
    if (child.pid === undefined) told.onExit(null, null)
  })
  return child
}

/** What this very process answers on its health route, or null. A 503 is an answer: it lives, and restarting mends no disk. */
async function healthOf(healthUrl: string, pid: number | undefined, timeoutMs: number): Promise<{ pid?: number } | null> {
  try {
    const response = await fetch(healthUrl, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    const health = (await response.json()) as { pid?: number }
    return health.pid === pid ? health : null
  } catch {
    return null
  }
}

function isWorkerUrl(message: unknown): message is WorkerUrl {
  return typeof message === 'object' && message !== null && 'url' in message && typeof message.url === 'string'
}

/** Resolves when the process is gone: by itself after it was asked, or killed after `limitMs`. */
async function ended(child: ChildProcess, ask: (process: ChildProcess) => void, limitMs: number, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    ask(child)
    clock.after(limitMs, () => child.kill('SIGKILL'))
  })
}
