import { ApiError, UnreachableError, type CallOptions, type Client } from '@spark/contract/client'
import type { ScoreAnswer } from '@spark/contract/ml'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import { streamName, type Stream } from '@spark/core/market/candle'
import type { Strategy } from '@spark/core/trading/strategy'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import { traceparentOf } from '../telemetry.ts'
import type { PollOutcome } from './measure.ts'

/** A poll without an answer for this long is a timeout and counts as this long. */
export const POLL_TIMEOUT_MS = 5000

const API_WAIT_MS = 15_000
const API_ASK_EVERY_MS = 200

/** Both processes start at once; a poll before the api listens would be measured as its error. False when it does not come. */
export async function waitForApi(client: Client, clock: Clock): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + API_WAIT_MS
  while (clock.monotonicMs() < deadlineMs) {
    try {
      await client.call('healthz', { timeoutMs: 1000 })
      return true
    } catch {
      await clock.sleep(API_ASK_EVERY_MS)
    }
  }
  return false
}

/** What asks for a score; rejects with ApiError or UnreachableError. */
export interface ScoreClient {
  call(name: 'mlScore', options: CallOptions<'mlScore'>): Promise<ScoreAnswer>
}

export interface ScoredStrategy {
  id: string
  stream: Stream
}

/** With ML off nobody asks; while a share is live those in it, else the strategies on the canary stream. */
export function strategiesToScore(
  canaryStream: Stream,
  now: RolloutNow | null,
  strategies: readonly Strategy[],
): ScoredStrategy[] {
  if (now === null || now.mode === 'off') return []
  const canary = streamName(canaryStream)
  return strategies
    .map(({ id, symbol, tf }) => ({ id, stream: { symbol, tf } }))
    .filter(({ id, stream }) => (now.mode === 'live' ? now.exposed.has(id) : streamName(stream) === canary))
}

export interface StrategyPoller {
  stop(): Promise<void>
  /** Monotonic ms of the last scored poll, or null. */
  lastScoreMs(): number | null
  counters: { ok: number; error: number; timeout: number; notReady: number }
}

export interface PollerDeps {
  clock: Clock
  random: Randomness
  log: Log
  client: ScoreClient
  /** Who asks in the poll interval that begins now. */
  strategies(): readonly ScoredStrategy[]
  /** Counts from the next interval on. */
  pollIntervalMs(): number
  /** Whether it still asks when its time has come: it runs, and the rollout has not ended meanwhile. */
  asks(id: string): boolean
  currentRow(stream: Stream): FeatureRow | null
  /** The market's time when it is not the wall clock's (replay), else null. */
  marketNowMs(): number | null
  /** A poll is due at this wall time, ms: counted whatever becomes of it. */
  due(dueMs: number): void
  record(outcome: PollOutcome): void
}

/**
 * Asks for one score per strategy and poll interval, spread evenly over the interval by the monotonic clock, so that
 * neither a stepped wall clock nor a slow answer bunches the polls.
 */
export function startPolling(deps: PollerDeps): StrategyPoller {
  const { clock } = deps
  const counters = { ok: 0, error: 0, timeout: 0, notReady: 0 }
  const running = new Set<Promise<void>>()
  let cancels: (() => void)[] = []
  let lastScoreMs: number | null = null
  let stopped = false

  function at(dueMs: number, work: () => void): void {
    cancels.push(
      clock.after(Math.max(0, dueMs - clock.monotonicMs()), () => {
        if (!stopped) work()
      }),
    )
  }

  function startInterval(beginMs: number): void {
    // Of the interval before nothing waits any more.
    cancels = []
    const pollIntervalMs = deps.pollIntervalMs()
    const strategies = deps.strategies()
    strategies.forEach((strategy, index) => {
      at(beginMs + (index * pollIntervalMs) / strategies.length, () => {
        const poll = pollOnce(strategy)
        running.add(poll)
        void poll.finally(() => running.delete(poll))
      })
    })
    const endMs = beginMs + pollIntervalMs
    // Intervals missed while the process stood still are not caught up.
    const missed = () => Math.max(0, Math.floor((clock.monotonicMs() - endMs) / pollIntervalMs))
    at(endMs, () => startInterval(endMs + missed() * pollIntervalMs))
  }

  async function pollOnce(strategy: ScoredStrategy): Promise<void> {
    if (!deps.asks(strategy.id)) return
    const dueMs = clock.nowMs()
    deps.due(dueMs)
    const feature = deps.currentRow(strategy.stream)
    if (feature === null) {
      counters.notReady += 1
      return
    }
    const sentMs = clock.monotonicMs()
    const traceId = deps.random.traceId()
    const { kind, confid, error } = await ask(deps, strategy, feature, traceId)
    counters[kind] += 1
    if (kind === 'ok') lastScoreMs = clock.monotonicMs()
    deps.record({ dueMs, kind, confid, error, latencyMs: kind === 'timeout' ? POLL_TIMEOUT_MS : clock.monotonicMs() - sentMs })
  }

  startInterval(clock.monotonicMs())
  return {
    counters,
    lastScoreMs: () => lastScoreMs,
    async stop() {
      stopped = true
      for (const cancel of cancels) cancel()
      await Promise.all(running)
    },
  }
}

async function ask(
  deps: PollerDeps,
  strategy: ScoredStrategy,
  feature: FeatureRow,
  traceId: string,
): Promise<Pick<PollOutcome, 'kind' | 'confid' | 'error'>> {
  const marketNowMs = deps.marketNowMs()
  const headers: Record<string, string> = { traceparent: traceparentOf(traceId, deps.random) }
  if (marketNowMs !== null) headers['x-market-now-ms'] = String(marketNowMs)
  try {
    const answer = await deps.client.call('mlScore', {
      body: { feature, strategyId: strategy.id },
      headers,
      timeoutMs: POLL_TIMEOUT_MS,
    })
    if (answer._err === undefined) return { kind: 'ok', confid: answer.confid, error: null }
    deps.log.warn({ strategyId: strategy.id, traceId, code: answer._err }, 'own row could not be scored')
    return { kind: 'error', confid: null, error: answer._err }
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof ApiError)) throw error
    const timedOut = error instanceof UnreachableError && error.timedOut
    deps.log.warn({ strategyId: strategy.id, traceId, reason: error.message }, timedOut ? 'score timed out' : 'score failed')
    const code = error instanceof ApiError ? (error.code ?? `http_${error.status}`) : timedOut ? 'timeout' : 'unreachable'
    return { kind: timedOut ? 'timeout' : 'error', confid: null, error: code }
  }
}
