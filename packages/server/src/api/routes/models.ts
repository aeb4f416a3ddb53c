import type { FastifyInstance } from 'fastify'
import { commandEvent } from '../../command-event.ts'
import { modelStateOf } from '../../model-state.ts'
import { createLearnerStore } from '../../storage/learner-store.ts'
import { createModelStore, type StoredModel } from '../../storage/model-store.ts'
import { ApiProblem } from '../api-problem.ts'
import { compareModels } from '../compare-models.ts'
import type { ApiDeps } from '../deps.ts'
import { whoOf } from '../guard.ts'
import { handle } from '../handle.ts'
import { modelViews, type ModelViewDeps } from '../model-view.ts'

const MODELS_MAX = 200

/** Versions of the model, and who is labelled in shadow. */
export function modelRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { desk, clock, apply } = deps
  const { models } = apply
  const viewing: ModelViewDeps = { ...desk, models, learner: createLearnerStore(desk.db) }
  const known = async (version: string, store: Pick<typeof models, 'get'> = models): Promise<StoredModel> => {
    const stored = await store.get(version)
    if (stored === null) throw new ApiProblem('unknown_id', `no model ${version}`)
    return stored
  }
  handle(app, 'models', async () => {
    const stored = (await models.list()).toReversed().slice(0, MODELS_MAX)
    return { items: await modelViews(viewing, stored, clock.nowMs()) }
  })
  handle(app, 'model', async ({ params: { version } }) => {
    const [view] = await modelViews(viewing, [await known(version)], clock.nowMs())
    if (view === undefined) throw new Error(`the model ${version} has no view`)
    return view
  })
  handle(app, 'modelComparison', async ({ query: { first, second } }) => {
    await known(first)
    await known(second)
    return compareModels(desk, first, second)
  })
  handle(app, 'modelShadow', async ({ body: { version, reason }, request }) => {
    const ts = clock.nowMs()
    await desk.db.transaction().execute(async (trx) => {
      const store = createModelStore(trx)
      const { champion, shadow: before = null } = await store.aliases()
      if (version === null) await store.dropAlias('shadow')
      else {
        const state = modelStateOf(await known(version, store), ts)
        if (state !== 'usable') throw new ApiProblem('model_refused', `${version} is ${state}`)
        if (version === champion) throw new ApiProblem('model_refused', `${version} is champion`)
        await store.setAlias('shadow', version, ts)
      }
      const context = { before, after: version, reason }
      await desk.outbox.add(trx, [commandEvent(whoOf(request), { ts, action: 'model.shadow', context })])
    })
    return { ok: true as const }
  })
}
