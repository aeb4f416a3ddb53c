import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { UserList } from '@spark/contract/accounts'
import type { Static } from 'typebox'
import { makeToken, revokeToken } from '../../accounts/api-tokens.ts'
import { holdingNow } from '../../accounts/callers.ts'
import { endSession } from '../../accounts/sessions.ts'
import { addUser, changeUser, inviteUser, userView, type UserProblem } from '../../accounts/users.ts'
import { createApiTokenStore } from '../../storage/api-token-store.ts'
import { createSessionStore } from '../../storage/session-store.ts'
import { createUserStore } from '../../storage/user-store.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'

/** People, and what they have open: sessions and tokens. */
export function accountRoutes(app: FastifyInstance, deps: ApiDeps): void {
  userRoutes(app, deps)
  openRoutes(app, deps)
}

function userRoutes(app: FastifyInstance, { accounts }: ApiDeps): void {
  const list = async (): Promise<Static<typeof UserList>> => ({
    items: (await createUserStore(accounts.db).list()).map(userView),
  })
  handle(app, 'users', list)
  handle(app, 'userCreate', async ({ body, request }) => taken(await addUser(accounts, body, whoOf(request))))
  handle(app, 'userInvite', async ({ params: { id }, request }) => taken(await inviteUser(accounts, id, whoOf(request))))
  handle(app, 'userChange', async ({ params: { id }, body, request }) => {
    if (Object.keys(body).length === 0) throw new ApiProblem('bad_request', 'nothing to change: role or disabled')
    const refused = await changeUser(accounts, id, body, whoOf(request))
    if (refused !== null) throw new ApiProblem(refused.problem)
    return list()
  })
}

function openRoutes(app: FastifyInstance, { accounts, clock }: ApiDeps): void {
  const sessions = createSessionStore(accounts.db)
  const tokens = createApiTokenStore(accounts.db)

  handle(app, 'sessions', async ({ query: { user }, request }) => {
    const found = await sessions.list(ownerAsked(request, user), holdingNow(clock))
    return { items: found.map(({ confirmedAt: _, ...one }) => ({ ...one, current: one.id === request.caller.id })) }
  })
  handle(app, 'sessionRevoke', async ({ params: { id }, request }) => {
    const ended = await endSession(accounts, { id, owner: ownerBound(request), action: 'session.revoked' }, whoOf(request))
    if (!ended) throw new ApiProblem('unknown_id', 'there is no such session of yours')
    return { ok: true as const }
  })
  handle(app, 'tokens', async ({ query: { user }, request }) => ({
    items: (await tokens.list(ownerAsked(request, user))).map((token) => ({ ...token, permissions: [...token.permissions] })),
  }))
  handle(app, 'tokenCreate', async ({ body, request }) => {
    for (const permission of body.permissions) request.demand(permission)
    const { token, secret } = taken(await makeToken(accounts, { user: ownName(request), ...body }, whoOf(request)))
    return { token: { ...token, permissions: [...token.permissions] }, secret }
  })
  handle(app, 'tokenRevoke', async ({ params: { id }, request }) => {
    if (!(await revokeToken(accounts, { id, owner: ownerBound(request) }, whoOf(request))))
      throw new ApiProblem('unknown_id', 'there is no such token of yours')
    return { ok: true as const }
  })
}

/** Whose things are asked for; null: everyone's. Those of others take a permission. */
function ownerAsked(request: FastifyRequest, asked: string | undefined): string | null {
  const own = ownName(request)
  if (asked === undefined || asked === own) return own
  const { others } = request.routeOptions.config
  if (others !== undefined) request.demand(others)
  return asked === 'all' ? null : asked
}

/** Whose thing may be ended; null: anyone's, with the permission for it. */
function ownerBound(request: FastifyRequest): string | null {
  const { others } = request.routeOptions.config
  return others !== undefined && request.caller.permissions.has(others) ? null : ownName(request)
}

function ownName({ caller }: FastifyRequest): string {
  if (caller.user === null) throw new ApiProblem('forbidden', 'this is for a person')
  return caller.user.name
}

function taken<Answer extends object>(answer: Answer): Exclude<Answer, { problem: UserProblem }> {
  if ('problem' in answer) throw new ApiProblem(answer.problem as UserProblem)
  return answer as Exclude<Answer, { problem: UserProblem }>
}
