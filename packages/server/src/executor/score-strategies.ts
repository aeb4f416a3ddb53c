import { ApiError, UnreachableError, type CallOptions, type Client } from '@spark/contract/client'
import type { ScoreAnswer } from '@spark/contract/ml'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import type { Stream } from '@spark/core/market/candle'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Randomness } from '../random.ts'
import type { RolloutNow } from '../rollout/rollout-now.ts'
import type { StrategyStore } from '../storage/strategy-store.ts'
import { StorageError } from '../storage/storage-error.ts'
import { traceparentOf } from '../telemetry.ts'
import type { PollOutcome } from './measure.ts'

/** A poll without an answer for this long, as real as every latency, is a timeout and counts as this long. */
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

/** With ML off nobody asks; while a share is live those in it, else the strategies on the canary stream. Rejects with StorageError. */
export async function strategiesToScore(
  canary: Stream,
  now: RolloutNow,
  strategies: Pick<StrategyStore, 'on'>,
): Promise<ScoredStrategy[]> {
  if (now.mode === 'off') return []
  if (now.mode === 'preview') return (await strategies.on([canary])).map(({ id }) => ({ id, stream: canary }))
  return [...now.exposed].map(([id, stream]) => ({ id, stream }))
}

export interface StrategyPoller {
  /** Another poll interval begins at once: what waited in the one before is dropped, and was not due. */
  lookAtInterval(): void
  stop(): Promise<void>
  /** Monotonic ms of the last scored poll, or null. */
  lastScoreMs(): number | null
  /** How many ask in the interval under way. */
  strategies(): number
  counters: { ok: number; error: number; timeout: number; notReady: number }
}

export interface PollerDeps {
  clock: Clock
  random: Randomness
  log: Log
  client: ScoreClient
  /** Who asks in the poll interval that begins now. When storage cannot be read, those of the interval before do. */
  strategies(): Promise<readonly ScoredStrategy[]>
  /** Counts from the next interval on, or from `lookAtInterval`. */
  pollIntervalMs(): number
  /** Whether it still asks when its time has come: it runs, its stream is ours, and the rollout has not ended meanwhile. */
  asks(strategy: ScoredStrategy): boolean
  currentRow(stream: Stream): FeatureRow | null
  /** The market's time when it is not the wall clock's (replay), else null. */
  marketNowMs(): number | null
  /** A poll is due at this wall time, ms: counted whatever becomes of it. */
  due(dueMs: number): void
  record(outcome: PollOutcome): void
}

/**
 * Asks for one score per strategy and poll interval, spread evenly over the interval by the monotonic clock, so that
 * neither a stepped wall clock nor a slow answer bunches the polls. One timer at a time, the next poll's. Rejects with
 * StorageError when the strategies cannot be read at the start.
 */
export async function startPolling(deps: PollerDeps): Promise<StrategyPoller> {
  const { clock } = deps
  const counters = { ok: 0, error: 0, timeout: 0, notReady: 0 }
  const running = new Set<Promise<void>>()
  let asking = await deps.strategies()
  let cancel = () => {}
  let lastScoreMs: number | null = null
  let stopped = false
  let intervalMs = 0
  let listing = false

  function at(dueMs: number, work: () => void): void {
    if (!stopped) cancel = clock.after(Math.max(0, dueMs - clock.monotonicMs()), work)
  }

  /** Intervals missed while the process stood still are not caught up. */
  function runInterval(beginMs: number): void {
    const pollIntervalMs = (intervalMs = deps.pollIntervalMs())
    const endMs = beginMs + pollIntervalMs
    const dueMs = (index: number) => beginMs + (index * pollIntervalMs) / asking.length
    const missed = () => Math.max(0, Math.floor((clock.monotonicMs() - endMs) / pollIntervalMs))
    let index = 0
    const step = () => {
      for (; index < asking.length && dueMs(index) <= clock.monotonicMs(); index++) begin(asking[index])
      if (index < asking.length) at(dueMs(index), step)
      else at(endMs, () => void listAgain().then(() => runInterval(endMs + missed() * pollIntervalMs)))
    }
    step()
  }

  async function listAgain(): Promise<void> {
    listing = true
    asking = await whoAsks(deps, asking)
    listing = false
  }

  function begin(strategy: ScoredStrategy | undefined): void {
    if (strategy === undefined || stopped) return
    const poll = pollOnce(strategy)
    running.add(poll)
    void poll.finally(() => running.delete(poll))
  }

  async function pollOnce(strategy: ScoredStrategy): Promise<void> {
    if (!deps.asks(strategy)) return
    const dueMs = clock.nowMs()
    deps.due(dueMs)
    const feature = deps.currentRow(strategy.stream)
    if (feature === null) {
      counters.notReady += 1
      return
    }
    const sentMs = clock.realMs()
    const traceId = deps.random.traceId()
    const { kind, confid, error } = await ask(deps, strategy, feature, traceId)
    counters[kind] += 1
    if (kind === 'ok') lastScoreMs = clock.monotonicMs()
    deps.record({ dueMs, kind, confid, error, latencyMs: kind === 'timeout' ? POLL_TIMEOUT_MS : clock.realMs() - sentMs })
  }

  runInterval(clock.monotonicMs())
  return {
    counters,
    lookAtInterval() {
      // While the list is read, the interval that comes is asked for anyway.
      if (stopped || listing || deps.pollIntervalMs() === intervalMs) return
      cancel()
      runInterval(clock.monotonicMs())
    },
    strategies: () => asking.length,
    lastScoreMs: () => lastScoreMs,
    async stop() {
      stopped = true
      cancel()
      await Promise.all(running)
    },
  }
}

async function whoAsks(deps: PollerDeps, before: readonly ScoredStrategy[]): Promise<readonly ScoredStrategy[]> {
  try {
    return await deps.strategies()
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    deps.log.error({ err: error }, 'the strategies cannot be read; those of the interval before ask again')
    return before
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
