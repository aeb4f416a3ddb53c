import type { FastifyInstance } from 'fastify'
import { applySettings } from '../../rollout/apply-settings.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'

/** Settings that take effect at once. */
export function settingRoutes(app: FastifyInstance, deps: ApiDeps): void {
  handle(app, 'settingsApply', async ({ body: { values, reason }, request }) => {
    const answer = await applySettings(deps.apply, values, { actor: request.principal, traceId: request.traceId, reason })
    if ('problems' in answer) throw new ApiProblem('setting_refused', answer.problems.join('; '))
    await deps.rollout.look()
    const { changes, decided, notes } = answer
    return { changes, notes, epoch: decided?.epoch ?? null, onTheWire: [...(decided?.onTheWire ?? [])] }
  })
}
