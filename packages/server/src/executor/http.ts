import { createServer, type Server } from 'node:http'
import type { ExecutorHealth, StreamCondition } from '@spark/contract/health'
import { problem } from '@spark/contract/errors'
import type { Clock } from '../clock.ts'
import { createHostCheck, isLoopback } from '../host-check.ts'
import type { Randomness } from '../random.ts'
import { rolledBackOf } from '../rollout/rolled-back.ts'
import type { StorageHealth } from '../storage-health.ts'
import type { Ingest } from './ingest.ts'

export const EXECUTOR_PATHS = ['/health', '/metrics', '/logs', '/streams'] as const

export interface ExecutorHttpOptions {
  host: string
  port: number
  allowedHosts: readonly string[]
  buildSha: string
  random: Randomness
  /** Whether an Authorization header carries a token of this installation. */
  isAuthorized: (authorization: string | undefined) => boolean
  health(): Promise<ExecutorHealth>
  metrics(): Promise<string>
  /** The newest lines of the log that are not well, oldest first. */
  logs(): string[]
  streams(): StreamCondition[]
}

/** GET /health, /metrics, and with a token /logs and /streams; nothing else: the executor takes no commands over HTTP. */
export async function listenExecutor(options: ExecutorHttpOptions): Promise<() => Promise<void>> {
  const namesUs = createHostCheck(options.host, options.allowedHosts)
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5000, maxHeaderSize: 8192 }, (request, response) => {
    const traceId = options.random.traceId()
    const answer = (status: number, type: string, body: string) => {
      response
        .writeHead(status, {
          'content-type': type,
          'x-build-sha': options.buildSha,
          'x-trace-id': traceId,
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        })
        .end(body)
    }
    const refuse = (code: 'host_refused' | 'unauthorized' | 'not_found' | 'method_not_allowed' | 'internal_error') => {
      const body = problem(code, traceId)
      answer(body.status, 'application/problem+json', JSON.stringify(body))
    }
    if (!namesUs(request.headers.host)) return refuse('host_refused')
    const path = EXECUTOR_PATHS.find((one) => one === request.url?.split('?')[0])
    if (path === undefined) return refuse('not_found')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse('method_not_allowed')
    // As on the API: beyond this machine only health answers without a token.
    const local = isLoopback(options.host) && isLoopback(request.socket.remoteAddress)
    const open = path === '/health' || (path === '/metrics' && local)
    if (!open && !options.isAuthorized(request.headers.authorization)) return refuse('unauthorized')
    const json = (status: number, body: unknown) => answer(status, 'application/json', JSON.stringify(body))
    if (path === '/logs') return json(200, { lines: options.logs() })
    if (path === '/streams') return json(200, { items: options.streams() })
    const work =
      path === '/health'
        ? options.health().then((health) => json(health.ok ? 200 : 503, health))
        : options.metrics().then((text) => answer(200, 'text/plain; version=0.0.4; charset=utf-8', text))
    work.catch(() => refuse('internal_error'))
  })
  await listen(server, options.port, options.host)
  return () => close(server)
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

export interface ExecutorFacts {
  buildSha: string
  version: string
  processName: string
  clock: Clock
  storage: StorageHealth
  feedName: string
  ingest: Pick<Ingest, 'stalenessS' | 'warmStreams' | 'lastMessageMs'>
  streams: number
  strategies: number
  /** The newest rollout; null before it is known. */
  rollout: Parameters<typeof rolledBackOf>[0]
  /** Monotonic ms. */
  lastScoreMs: number | null
}

export function executorHealth({
  buildSha,
  version,
  processName,
  clock,
  storage,
  feedName,
  ingest,
  streams,
  strategies,
  rollout,
  lastScoreMs,
}: ExecutorFacts): ExecutorHealth {
  const tenths = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * 10) / 10)
  return {
    ...storage,
    buildSha,
    version,
    process: processName,
    pid: process.pid,
    uptimeS: Math.round(process.uptime()),
    ts: clock.nowMs(),
    feed: {
      name: feedName,
      lastMessageAgeS: tenths(ingest.stalenessS()),
      lastMessageAt: ingest.lastMessageMs(),
      warmStreams: ingest.warmStreams(),
      streams,
    },
    strategies,
    lastScoreAgeS: tenths(lastScoreMs === null ? null : (clock.monotonicMs() - lastScoreMs) / 1000),
    ...rolledBackOf(rollout),
  }
}
