import type { FastifyInstance } from 'fastify'
import type { RehearsalReport, RehearsalView } from '@spark/contract/rehearsal'
import { askProblems } from '../../rehearsal/ask.ts'
import { FAULT_KINDS, faultSpec } from '../../rehearsal/fault.ts'
import { findModel } from '../../rehearsal/rehearsed-model.ts'
import { readReport } from '../../rehearsal/rehearsal-files.ts'
import type { ModelStore } from '../../storage/model-store.ts'
import type { StoredRehearsal } from '../../storage/rehearsal-store.ts'
import { askApart, cancelApart } from '../apart-commands.ts'
import { ApiProblem } from '../api-problem.ts'
import type { ApiDeps } from '../deps.ts'
import { handle } from '../handle.ts'
import { limitOf } from '../query.ts'

/** Rehearsals: asked for here, run by the executor's job queue in a process of their own, read from their files. */
export function rehearsalRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { rehearsals, config } = deps
  const kinds = FAULT_KINDS.map((kind) => {
    const { meaning, lasts, strength } = faultSpec(kind)
    return { kind, meaning, lasts, strength }
  })
  handle(app, 'rehearsals', async ({ query }) => ({ items: (await rehearsals.list(limitOf(query.limit))).map(viewOf), kinds }))
  handle(app, 'rehearsalReport', async ({ params: { id } }) => {
    const found = await known(deps, id)
    const text = found.state === 'done' ? await readReport(config.dataDir, id, 'json') : null
    return { rehearsal: viewOf(found), report: text === null ? null : partsOf(text) }
  })
  handle(app, 'rehearsalPage', async ({ params: { id }, reply }) => {
    await known(deps, id)
    const text = await readReport(config.dataDir, id, 'html')
    if (text === null) throw new ApiProblem('unknown_id', `the rehearsal ${id} has no report`)
    // To be saved: the page has styles of its own, which the content security policy of this origin refuses.
    return reply.header('content-disposition', `attachment; filename="spark-rehearsal-${id}.html"`).send(text)
  })
  commandRoutes(app, deps)
}

function commandRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { rehearsals, apply } = deps
  const kind = { name: 'rehearsal', several: 'rehearsals', store: rehearsals } as const
  handle(app, 'rehearsalStart', async ({ body: { reason = null, ...ask }, request }) => {
    const problems = askProblems(ask.faults)
    if (problems.length > 0) throw new ApiProblem('bad_request', problems.join('; '))
    if (ask.model !== undefined) await demandModel(apply.models, ask.model, deps.clock.nowMs())
    return askApart(deps, kind, request, {
      context: { ...ask, reason },
      keep: (trx, asked) => rehearsals.ask(trx, { ...asked, reason, ask }),
    })
  })
  handle(app, 'rehearsalCancel', ({ params: { id }, body: { reason = null }, request }) =>
    cancelApart(deps, kind, request, { id, what: 'rehearsal', reason }),
  )
}

/** What no rollout could begin with is not rehearsed. */
async function demandModel(models: ModelStore, version: string, nowMs: number): Promise<void> {
  const found = await findModel(models, version, nowMs)
  if ('model' in found) return
  if (found.refused === 'unknown') throw new ApiProblem('unknown_id', `no model ${version}`)
  throw new ApiProblem('model_refused', `${version} is ${found.refused}`)
}

async function known({ rehearsals }: ApiDeps, id: string): Promise<StoredRehearsal> {
  const found = await rehearsals.get(id)
  if (found === null) throw new ApiProblem('unknown_id', `there is no rehearsal ${id}`)
  return found
}

function viewOf({ ask: { seed, ceiling = 1, faults = [], model }, ...rehearsal }: StoredRehearsal): RehearsalView {
  return { ...rehearsal, seed, ceiling, model: model ?? null, faults: typeof faults === 'number' ? faults : faults.length }
}

/** Without the figures of every slice, which are most of the file. */
function partsOf(text: string): RehearsalReport['report'] {
  const report = JSON.parse(text) as NonNullable<RehearsalReport['report']>
  const { said, problems, criteria, phase, lastedMs, strategies, steps, timeline, digest } = report
  // Reports that were written before models were judged lack it.
  const { judged = null } = report as Partial<typeof report>
  return { said, problems, criteria, phase, lastedMs, strategies, judged, steps, timeline, digest }
}
