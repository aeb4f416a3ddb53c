import { expect, it } from 'vitest'
import type { RolloutAnswer } from '@spark/contract/rollout'
import { createLog } from '../log.ts'
import { readRolloutNow, type RolloutNow } from '../rollout/rollout-now.ts'
import { rolloutStage } from '../rollout/rollout-stage-fixture.ts'
import { createRolloutViews } from '../rollout/rollout-view.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { loadConfig } from '../config.ts'
import { tellRollout, type BreachEvent } from './rollout-events.ts'

it('tells each change of the rollout and each breach that opens, becomes critical or is over', async () => {
  const stage = await rolloutStage()
  const { db } = stage.parts.stores
  const stores = createTradingStores(db)
  const settings = createLiveSettingStore(db)
  const config = loadConfig({ SPARK_DATA_DIR: stage.folder })
  const views = createRolloutViews({ config, stores, settings, reports: createProcessReportStore(db), clock: stage.clock })
  const told: string[] = []
  const breaches: BreachEvent[] = []
  let wanted = true
  let listener: (now: RolloutNow) => void = () => {}
  const brief = (view: RolloutAnswer) =>
    view.id === null ? 'none' : `${view.phase} ${view.step.name} ${view.gates.map(({ state }) => state.charAt(0)).join('')}`
  const stop = tellRollout({
    watch: { onLook: (given) => ((listener = given), () => (listener = () => {})) },
    views,
    log: createLog('test', 'silent'),
    wanted: () => wanted,
    tell: { rollout: (view) => void told.push(brief(view)), breach: (event) => void breaches.push(event) },
  })
  const look = async () => {
    listener(await readRolloutNow({ config, stores, settings }, db, stage.clock.nowMs()))
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  await look()
  await stage.begin()
  await look()
  await look()
  expect(told).toEqual(['preview preview nnnnnn'])
  await stage.tick(16)
  await look()
  expect(told.at(-1)).toBe('live 10 % oooooo')
  await stage.tick(1)
  await look()
  expect(told).toHaveLength(2)
  await stage.tick(7, { stalenessS: 61 })
  await look()
  expect(told.at(-1)).toBe('live 10 % ocoooo')
  expect(breaches).toMatchObject([
    { rollout: 'rollout-1', gate: 'staleness', kind: 'opened', critical: false, threshold: 60, worst: 61 },
  ])
  await stage.say('pause')
  await look()
  await stage.tick(35)
  await look()
  expect(breaches.map(({ kind }) => kind)).toEqual(['opened', 'cleared'])
  // Nobody listens: nothing is compared, and nothing is caught up.
  wanted = false
  await stage.say('resume')
  await stage.say('rollback')
  await look()
  const before = told.length
  wanted = true
  await look()
  expect(told).toHaveLength(before)
  stop()
  await stage.close()
})
