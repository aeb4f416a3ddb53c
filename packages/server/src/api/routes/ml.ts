import type { FastifyInstance, FastifyRequest } from 'fastify'
import { FEATURE_VERSION } from '@spark/core/signal/feature-row'
import { parseRehearsalHeader } from '@spark/core/signal/rehearsal-header'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'
import type { ScoreCall } from '../score-service.ts'

export function mlRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'mlScore', async ({ body, request }) => {
    const startedMs = deps.clock.realMs()
    const [answer] = await deps.scores.score([body.feature], scoreCall(request, body))
    if (answer === undefined) throw new Error('the score service answered nothing')
    deps.meters.scored(answer, deps.clock.realMs() - startedMs)
    return answer
  })
  handle(app, 'mlScoreBatch', async ({ body, request }) => {
    const startedMs = deps.clock.realMs()
    const answers = await deps.scores.score(body.features, scoreCall(request, body))
    for (const answer of answers) deps.meters.scored(answer, deps.clock.realMs() - startedMs)
    return { answers }
  })
  handle(app, 'mlVersion', () => {
    const { version, hash } = deps.models.inUse(deps.rollout.now().modelVersion)
    return {
      featureVersion: FEATURE_VERSION,
      modelVersion: version,
      schemaHash: deps.schemaHash,
      modelHash: hash,
      buildSha: deps.config.buildSha,
    }
  })
}

function scoreCall(request: FastifyRequest, body: { strategyId?: string; modelId?: string }): ScoreCall {
  return {
    principal: request.principal,
    traceId: request.traceId,
    strategyId: body.strategyId ?? null,
    modelId: body.modelId,
    breachRehearsed: breachRehearsed(request.headers['x-test-guardrails']),
    marketNowMs: request.principal === 'executor' ? marketNowMs(request.headers['x-market-now-ms']) : null,
  }
}

function breachRehearsed(header: string | string[] | undefined): boolean {
  if (header === undefined) return false
  const parsed = parseRehearsalHeader(String(header))
  if (!parsed.ok) throw new ApiProblem('bad_rehearsal_header', parsed.problem)
  return parsed.breach
}

/** A replay feed's clock is the time of its data; only the executor may say so. */
function marketNowMs(header: string | string[] | undefined): number | null {
  if (header === undefined) return null
  const value = typeof header === 'string' && /^\d{1,16}$/.test(header) ? Number(header) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new ApiProblem('bad_request', 'x-market-now-ms must be a time in milliseconds')
  return value
}
