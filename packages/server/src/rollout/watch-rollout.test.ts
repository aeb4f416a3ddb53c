import { expect, it } from 'vitest'
import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { rolloutStage } from './rollout-stage-fixture.ts'
import { watchRollout } from './watch-rollout.ts'

it('a slow look that began before a command does not bring back what was before it', async () => {
  const stage = await rolloutStage()
  const { stores } = stage.parts
  await stage.begin()
  const waiting: (() => void)[] = []
  const told: (string | undefined)[] = []
  const watch = await watchRollout({
    config: loadConfig({ SPARK_DATA_DIR: stage.folder }),
    stores,
    settings: createLiveSettingStore(stores.db),
    db: stores.db,
    clock: stage.clock,
    log: createLog('test', 'silent'),
    // The first look is held up between reading and being obeyed.
    onLook: () => (waiting.length === 0 ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
  })
  watch.onLook(({ rollout }) => void told.push(rollout?.state.phase))
  const slow = watch.look()
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await stage.say('rollback')
  expect((await watch.look()).rollout?.state.phase).toBe('rolled_back')
  for (const go of waiting) go()
  expect((await slow).rollout?.state.phase).toBe('rolled_back')
  expect(watch.now().rollout?.state.phase).toBe('rolled_back')
  expect(told).toEqual(['rolled_back'])
  await watch.stop()
  await stage.close()
})
