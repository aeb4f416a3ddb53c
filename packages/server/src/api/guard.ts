import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CSRF_HEADER } from '@spark/contract/accounts'
import type { Permission } from '@spark/contract/permissions'
import type { Access } from '@spark/contract/routes'
import { callerWithoutAccount, type Caller } from '../accounts/caller.ts'
import type { Callers } from '../accounts/callers.ts'
import type { Clock } from '../clock.ts'
import type { Who } from '../command-event.ts'
import { createHostCheck, isLoopback, isLoopbackName } from '../host-check.ts'
import type { Randomness } from '../random.ts'
import { traceIdOf } from '../telemetry.ts'
import type { Principal } from '../tokens.ts'
import { refusalOf, unauthorized } from './access.ts'
import { ApiProblem } from './api-problem.ts'
import { NO_SESSION_COOKIES, sessionCookieOf } from './cookie.ts'

declare module 'fastify' {
  interface FastifyRequest {
    traceId: string
    caller: Caller
    /** As the audit names the caller. */
    principal: string
    /** Throws unless the caller has this permission: for what the body, or the owner of a thing, asks for besides. */
    demand(permission: Permission): void
  }
  interface FastifyContextConfig {
    access?: Access
    others?: Permission
    anyContentType?: boolean
  }
}

export interface GuardOptions {
  host: string
  allowedHosts: readonly string[]
  authenticate(authorization: string | undefined): Principal | 'wrong'
  callers: Pick<Callers, 'ofSession' | 'ofToken'>
  clock: Pick<Clock, 'nowMs'>
  random: Randomness
}

const NOBODY = callerWithoutAccount('anonymous', false)

/**
 * What every request passes before anything else reads it: trace id, Host allow-list (against DNS rebinding), origin, who calls,
 * access of the route. Without a wait for the tokens of the data folder, because the guard stands on the scoring path.
 */
export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  const namesUs = createHostCheck(options.host, options.allowedHosts)
  const boundToLoopback = isLoopback(options.host)
  app.decorateRequest('traceId', '')
  app.decorateRequest('principal', 'anonymous')
  app.decorateRequest('caller', null as unknown as Caller)
  app.decorateRequest('demand', function (this: FastifyRequest, permission: Permission) {
    const problem = refusalOf(this.caller, permission, options.clock.nowMs())
    if (problem !== null) throw problem
  })
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`the route ${String(method)} ${url} does not say who may call it`)
  })
  app.addHook('onRequest', (request, reply, done) => {
    request.traceId = traceIdOf(request.headers['traceparent'], options.random)
    request.caller = NOBODY
    reply.header('x-trace-id', request.traceId)
    const problem = refusedEarly(request, namesUs)
    if (problem !== null) return done(problem)
    const { access } = request.routeOptions.config
    // No such route: whoever asks is told so. A route without access is never built; were it, it would be closed.
    if (access === undefined) return done(request.is404 ? undefined : new ApiProblem('internal_error'))
    const decide = (caller: Caller | ApiProblem) => {
      if (caller instanceof ApiProblem) return done(caller)
      request.caller = caller
      request.principal = caller.actor
      done(refusalOf(caller, access, options.clock.nowMs()) ?? undefined)
    }
    const onLoopback = boundToLoopback && comesFromThisMachine(request)
    const found = withoutLooking(request, access, options, onLoopback)
    if (found !== null) return decide(found)
    lookUp(request, reply, access, options, onLoopback).then(decide, done)
  })
}

/** Who gives the command that a request carries. */
export function whoOf({ principal: actor, traceId }: FastifyRequest): Who {
  return { actor, traceId }
}

function refusedEarly(request: FastifyRequest, namesUs: (host: string | undefined) => boolean): ApiProblem | null {
  if (!namesUs(request.headers.host)) return new ApiProblem('host_refused', `Host: ${(request.headers.host ?? '').slice(0, 100)}`)
  if (request.url.includes('%00')) return new ApiProblem('bad_request', 'the URL holds U+0000')
  // Browsers name the page that makes them call; programs do not. Anything but a plain read from a foreign page is refused.
  return reads(request) || sameOrigin(request) ? null : new ApiProblem('origin_refused')
}

/** Null: only the database knows who this is. */
function withoutLooking({ headers }: FastifyRequest, access: Access, options: GuardOptions, onLoopback: boolean): Caller | null {
  const principal = options.authenticate(headers.authorization)
  if (principal === 'operator' || principal === 'executor') return callerWithoutAccount(principal, onLoopback)
  const carriesNothing = principal === 'anonymous' && sessionCookieOf(headers.cookie) === null
  // Health and public/* look nothing up, so that they answer also while the database does not.
  const neverLooks = principal === 'anonymous' && access === 'public'
  return carriesNothing || neverLooks ? callerWithoutAccount('anonymous', onLoopback) : null
}

async function lookUp(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  { callers }: GuardOptions,
  onLoopback: boolean,
): Promise<Caller | ApiProblem> {
  const { authorization, cookie } = request.headers
  if (authorization !== undefined) {
    const token = authorization.startsWith('Bearer ') ? authorization.slice(7) : ''
    return (await callers.ofToken(token)) ?? unauthorized('the token is not one of this server, or it has ended')
  }
  const caller = await callers.ofSession(sessionCookieOf(cookie) ?? '')
  if (caller === null) {
    reply.header('set-cookie', NO_SESSION_COOKIES)
    return access === 'entrance' ? callerWithoutAccount('anonymous', onLoopback) : unauthorized('the session has ended')
  }
  return reads(request) || request.headers[CSRF_HEADER] !== undefined ? caller : new ApiProblem('csrf_header_missing')
}

/** A proxy on this machine stands in front of others: it says so, or passes on the name by which they call. */
function comesFromThisMachine({ socket, headers }: FastifyRequest): boolean {
  const forwarded = headers['x-forwarded-for'] ?? headers['forwarded'] ?? headers['x-real-ip'] ?? headers['via']
  return isLoopback(socket.remoteAddress) && isLoopbackName(headers.host) && forwarded === undefined
}

function reads({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function sameOrigin(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site') return false
  const { origin } = request.headers
  // By host, not by scheme: a proxy in front may speak TLS. The Host header has passed the allow-list.
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.headers.host?.toLowerCase())
}
