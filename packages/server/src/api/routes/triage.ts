import type { FastifyInstance } from 'fastify'
import { makeMove } from '../../triage/triage.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

export function triageRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'triage', async ({ params: { move }, body: { reason, value = null }, request }) => {
    const who = { actor: request.principal, traceId: request.traceId }
    const found = await makeMove(deps.triage, move, { reason, value, who })
    if ('problem' in found) throw new ApiProblem(found.code, found.problem)
    await deps.rollout.look()
    const { ok, findings, before = null, after = null, detail = null } = found
    return { ok, findings, before, after, detail }
  })
}
