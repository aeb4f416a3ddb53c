import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '@spark/contract/routes'
import type { Who } from '../command-event.ts'
import { createHostCheck, isLoopback } from '../host-check.ts'
import type { Randomness } from '../random.ts'
import { traceIdOf } from '../telemetry.ts'
import type { Principal } from '../tokens.ts'
import { ApiProblem } from './api-problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    traceId: string
    principal: Principal
  }
  interface FastifyContextConfig {
    access?: Access
    anyContentType?: boolean
  }
}

export interface GuardOptions {
  host: string
  allowedHosts: readonly string[]
  authenticate(authorization: string | undefined): Principal | 'wrong'
  random: Randomness
}

/**
 * What every request passes before anything else reads it: trace id, Host allow-list (against DNS rebinding), origin,
 * token, access of the route. One synchronous hook, because it stands on the scoring path.
 */
export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  const namesUs = createHostCheck(options.host, options.allowedHosts)
  const boundToLoopback = isLoopback(options.host)
  app.decorateRequest('traceId', '')
  app.decorateRequest('principal', 'anonymous')
  app.addHook('onRequest', (request, reply, done) => {
    request.traceId = traceIdOf(request.headers['traceparent'], options.random)
    reply.header('x-trace-id', request.traceId)
    done(refusal(request, namesUs, boundToLoopback, options) ?? undefined)
  })
}

/** Who gives the command that a request carries. */
export function whoOf({ principal: actor, traceId }: FastifyRequest): Who {
  return { actor, traceId }
}

function refusal(
  request: FastifyRequest,
  namesUs: (host: string | undefined) => boolean,
  boundToLoopback: boolean,
  options: GuardOptions,
): ApiProblem | null {
  if (!namesUs(request.headers.host)) return new ApiProblem('host_refused', `Host: ${(request.headers.host ?? '').slice(0, 100)}`)
  // Browsers name the page that makes them call; programs do not. Anything but a plain read from a foreign page is refused.
  if (request.method !== 'GET' && request.method !== 'HEAD' && !sameOrigin(request)) return new ApiProblem('origin_refused')
  const caller = options.authenticate(request.headers.authorization)
  if (caller === 'wrong')
    return new ApiProblem('unauthorized', 'the token is not one of this server', { headers: { 'www-authenticate': 'Bearer' } })
  request.principal = caller
  const access = request.routeOptions.config.access ?? 'public'
  const mayRead = caller !== 'anonymous' || (boundToLoopback && isLoopback(request.socket.remoteAddress))
  if ((access === 'operator' && caller === 'anonymous') || (access === 'reader' && !mayRead)) {
    return new ApiProblem('unauthorized', undefined, { headers: { 'www-authenticate': 'Bearer' } })
  }
  return null
}

function sameOrigin(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site') return false
  const { origin } = request.headers
  // By host, not by scheme: a proxy in front may speak TLS. The Host header has passed the allow-list.
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.headers.host?.toLowerCase())
}
