import { ApiError, UnreachableError } from '@spark/contract/client'
import { problem, type ErrorCode } from '@spark/contract/errors'
import type { FeatureRow } from '@spark/core/signal/feature-row'
import type { ScoreService } from '../api/score-service.ts'
import type { Clock } from '../clock.ts'
import type { ScoreClient } from '../executor/score-strategies.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { ActiveFaults } from './fault.ts'
import type { Life } from './life.ts'

/** A healthy api answers in so long. */
const LATENCY_MS = { min: 4, spread: 20 }
const TIMEOUT_MS = 5000
const URL = 'http://api'

interface ScoreClientDeps {
  life: Life
  clock: Clock
  faults: ActiveFaults
  /** ms since the rehearsal began. */
  sinceMs: () => number
  unit: () => number
  scores: () => ScoreService
}

/** The way from the executor to the api's score service, without sockets: it takes time, and faults meet it. */
export function createScoreClient(deps: ScoreClientDeps): ScoreClient {
  const { life, clock, faults, unit } = deps
  async function ask(feature: object, strategyId: string | null, headers: Record<string, string>, timeoutMs: number) {
    if (isCutOff(deps)) throw new UnreachableError(URL, new Error('connection refused'))
    const latencyMs = happens(unit, faults.strength('timeouts')) ? timeoutMs : latencyOf(deps)
    await clock.sleep(Math.min(latencyMs, timeoutMs))
    if (latencyMs >= timeoutMs) throw new UnreachableError(URL, new DOMException('no answer in time', 'TimeoutError'))
    const traceId = headers['traceparent']?.split('-')[1] ?? ''
    if (happens(unit, faults.strength('error_burst'))) throw apiError('storage_unavailable', traceId)
    const marketNowMs = headers['x-market-now-ms']
    try {
      const [answer] = await deps.scores().score([onItsWay(deps, feature)], {
        principal: 'executor',
        traceId,
        strategyId,
        modelId: undefined,
        breachRehearsed: false,
        marketNowMs: marketNowMs === undefined ? null : Number(marketNowMs),
      })
      if (answer === undefined) throw new Error('the score service answered nothing')
      return answer
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      throw apiError('storage_unavailable', traceId)
    }
  }
  return {
    call: (_name, { body, headers = {}, timeoutMs = TIMEOUT_MS }) =>
      life.receive(ask(body?.feature as object, body?.strategyId ?? null, headers, timeoutMs)),
  }
}

const happens = (unit: () => number, probability: number): boolean => probability > 0 && unit() < probability

function isCutOff({ faults, unit }: ScoreClientDeps): boolean {
  return faults.of('api_away') !== null || happens(unit, faults.strength('partition'))
}

function latencyOf({ faults, unit, sinceMs }: ScoreClientDeps): number {
  const ramp = faults.of('latency_ramp')
  const rising = ramp === null ? 0 : (ramp.strength * (sinceMs() - ramp.atMs)) / Math.max(1, ramp.forMs)
  return LATENCY_MS.min + unit() * LATENCY_MS.spread + faults.strength('latency') + rising
}

/** The row as it arrives. */
function onItsWay({ faults, unit }: ScoreClientDeps, feature: object): object {
  if (faults.none) return feature
  const { rsi_14: rsi, macd_hist: macd, ema_20: fast, ema_50: slow } = feature as FeatureRow
  const kept = 1 - faults.strength('low_confidence')
  const row = { ...feature, rsi_14: 50 + (rsi - 50) * kept, macd_hist: macd * kept, ema_20: slow + (fast - slow) * kept }
  return happens(unit, faults.strength('broken_rows')) ? { ...row, ema_20: null } : row
}

function apiError(code: ErrorCode, traceId: string): ApiError {
  const said = problem(code, traceId)
  return new ApiError(said.status, said)
}
