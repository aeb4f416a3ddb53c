import { afterEach, beforeEach, expect, it } from 'vitest'
import { installModels, modelWithWeights } from '../champion.ts'
import { createModelStore, type ModelStore } from '../storage/model-store.ts'
import { SHORT_PLAN, rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'

let stage: RolloutStage & { close(): Promise<void> }
let models: ModelStore
let challenger: { version: string; hash: string }
beforeEach(async () => {
  stage = await rolloutStage()
  models = createModelStore(stage.parts.stores.db)
  await installModels(models, null, 1)
  challenger = (await modelWithWeights(models, { rsi: 0.5, macd: 0.3, trend: 0.2 }, 1)) ?? { version: '', hash: '' }
})
afterEach(() => stage.close())

const PLAN = { ...SHORT_PLAN, steps: SHORT_PLAN.steps.map((step) => ({ ...step, dwellMs: 5 * 60_000 })) }
const champion = async () => (await models.aliases())['champion']
const audited = async () =>
  (await stage.events()).filter(({ event }) => event.action === 'model.champion').map(({ event }) => event.context)

it('a model that went all the way is the champion, with the decision that says so', async () => {
  await stage.begin({ plan: PLAN, model: challenger })
  await stage.tick(20)
  expect([(await stage.state()).phase, await champion()]).toEqual(['live', 'ml-fusion-1.2'])
  await stage.tick(8)
  expect([(await stage.state()).phase, await champion()]).toEqual(['done', challenger.version])
  expect(await audited()).toEqual([
    { rollout: 'rollout-1', before: 'ml-fusion-1.2', after: challenger.version, reason: 'rollout-1 is done' },
  ])
})

it('rolled back after all, the one before is it again; a later rollout of the champion takes nothing away', async () => {
  await stage.begin({ plan: PLAN, model: challenger })
  await stage.tick(28)
  await stage.say('preview')
  expect(await champion()).toBe(challenger.version)
  await stage.say('rollback')
  expect(await champion()).toBe('ml-fusion-1.2')
  expect(await audited()).toHaveLength(2)
  await stage.begin({ plan: PLAN, model: { version: 'ml-fusion-1.2', hash: 'h' } })
  await stage.tick(28)
  expect((await stage.state()).phase).toBe('done')
  await stage.say('rollback')
  expect(await champion()).toBe('ml-fusion-1.2')
  expect(await audited()).toHaveLength(2)
})

it('one that never got there changes nothing', async () => {
  await stage.begin({ plan: PLAN, model: challenger })
  await stage.tick(15)
  await stage.say('rollback')
  expect(await champion()).toBe('ml-fusion-1.2')
  expect(await audited()).toEqual([])
})
