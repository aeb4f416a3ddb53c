import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SessionAnswer } from '@spark/contract/accounts'
import { PERMISSION_NAMES, type Permission } from '@spark/contract/permissions'
import type { Caller } from '../../accounts/caller.ts'
import { IDLE_MS, SESSION_MS } from '../../accounts/callers.ts'
import {
  changePassword,
  confirmPassword,
  endSession,
  setUp,
  signIn,
  type From,
  type Opened,
  type OwnSession,
  type SignInProblem,
} from '../../accounts/sessions.ts'
import { createUserStore } from '../../storage/user-store.ts'
import { ApiProblem } from '../api-problem.ts'
import { NO_SESSION_COOKIES, sessionCookie } from '../cookie.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'

/** Who one is: signing in and out, the password, the first one by a set-up link. */
export function sessionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { accounts } = deps

  async function answered(opened: Opened | SignInProblem, request: FastifyRequest, reply: FastifyReply): Promise<SessionAnswer> {
    if ('problem' in opened) throw problemOf(opened)
    // What the guard may have said of a cookie from before.
    reply.removeHeader('set-cookie')
    reply.header('set-cookie', sessionCookie(opened.secret, { origin: request.headers.origin, maxAgeS: SESSION_MS / 1000 }))
    const caller = await deps.callers.ofSession(opened.secret)
    if (caller === null) throw new ApiProblem('unauthorized', 'the session has ended')
    return sessionAnswer(caller, true)
  }

  handle(app, 'session', async ({ request: { caller } }) =>
    sessionAnswer(
      caller,
      (await createUserStore(accounts.db).list()).some(({ passwordHash }) => passwordHash !== null),
    ),
  )
  handle(app, 'signIn', async ({ body, request, reply }) =>
    answered(await signIn(accounts, body, fromOf(request)), request, reply),
  )
  handle(app, 'setUp', async ({ body, request, reply }) => answered(await setUp(accounts, body, fromOf(request)), request, reply))
  handle(app, 'stepUp', async ({ body, request, reply }) =>
    answered(await confirmPassword(accounts, ownSession(request), body.password, fromOf(request)), request, reply),
  )
  handle(app, 'passwordChange', async ({ body, request, reply }) =>
    answered(await changePassword(accounts, ownSession(request), body, fromOf(request)), request, reply),
  )
  handle(app, 'signOut', async ({ request, reply }) => {
    const { id, user } = ownSession(request)
    await endSession(accounts, { id, owner: user, action: 'session.ended' }, whoOf(request))
    reply.header('set-cookie', NO_SESSION_COOKIES)
    return { ok: true as const }
  })
}

function sessionAnswer({ kind, actor, user, id, permissions, stepUpUntil, endsAt }: Caller, ready: boolean): SessionAnswer {
  const flags = Object.fromEntries(PERMISSION_NAMES.map((name) => [name, permissions.has(name)]))
  return {
    kind,
    name: kind === 'anonymous' ? null : actor,
    role: user?.role ?? null,
    permissions: flags as Record<Permission, boolean>,
    sessionId: kind === 'session' ? id : null,
    stepUpUntil,
    endsAt,
    idleMs: kind === 'session' ? IDLE_MS : null,
    ready,
  }
}

function ownSession({ caller }: FastifyRequest): OwnSession {
  if (caller.kind !== 'session' || caller.id === null || caller.user === null)
    throw new Error('a route of sessions was let in without one')
  return { id: caller.id, user: caller.user.name }
}

function fromOf({ ip: address, headers, traceId }: FastifyRequest): From {
  return { address, agent: headers['user-agent'] ?? '', traceId }
}

function problemOf(refused: SignInProblem): ApiProblem {
  if (refused.problem === 'password_refused') return new ApiProblem('password_refused', refused.why)
  if (refused.problem !== 'sign_in_wait') return new ApiProblem(refused.problem)
  const seconds = Math.ceil(refused.waitMs / 1000)
  return new ApiProblem('sign_in_wait', `wait ${seconds} s`, { headers: { 'retry-after': String(seconds) } })
}
