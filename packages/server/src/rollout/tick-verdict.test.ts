import { createEvidence } from '@spark/core/calibration/verdict'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../config.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'
import { tickFacts } from './tick-facts.ts'

let stage: RolloutStage & { close(): Promise<void> }
beforeEach(async () => {
  stage = await rolloutStage()
})
afterEach(() => stage.close())

const judged = (model: string, verdict: 'loses_after_costs' | 'worse_than_baseline') =>
  createTradingStores(stage.parts.stores.db).labels.saveEvidence(
    model,
    { evidence: createEvidence(DEFAULT_BARRIERS), roundsTo: 1, verdict },
    { fromTo: null, counted: [], nowMs: 1 },
  )
function facts() {
  const { clock } = stage.parts
  const stores = createTradingStores(stage.parts.stores.db)
  const config = loadConfig({ SPARK_DATA_DIR: stage.folder })
  const [settings, reports] = [createLiveSettingStore(stores.db), createProcessReportStore(stores.db)]
  return tickFacts({ config, stores, settings, reports, clock, topErrors: () => [] }, stores.db)
}

it('the verdict of a tick is that on the model of the rollout; unproven while there is none', async () => {
  expect((await facts()).verdict).toBe('unproven')
  await stage.begin({ model: { version: 'candidate', hash: 'h' } })
  await judged('ml-fusion-1.2', 'worse_than_baseline')
  expect((await facts()).verdict).toBe('unproven')
  await judged('candidate', 'loses_after_costs')
  expect((await facts()).verdict).toBe('loses_after_costs')
})

it('a verdict of worse than baseline rolls the rollout back at the next tick', async () => {
  await stage.begin({ model: { version: 'candidate', hash: 'h' } })
  await stage.tick(2)
  await judged('candidate', 'worse_than_baseline')
  await stage.tick(1, {}, { verdict: (await facts()).verdict })
  expect((await stage.state()).phase).toBe('rolled_back')
})
