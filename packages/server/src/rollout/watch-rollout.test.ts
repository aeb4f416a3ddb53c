import { describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../clock.ts'
import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { temporaryPostgres } from '../storage/postgres/postgres-database-fixture.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { rolloutPartsOf } from './rollout-parts.ts'
import { installStrategies, rolloutStage, stageOn, START_MS } from './rollout-stage-fixture.ts'
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

const config = loadConfig({})

/** A host with a connection of its own, and a clock that nobody turns by itself. */
async function openHost(path: string) {
  const database = await openMainDatabase({ path, thread: false, durability: 'rebuildable' })
  onTestFinished(() => database.close())
  return { database, stores: createTradingStores(database.db), clock: new ManualClock(START_MS) }
}

/** A rollout on host a, and what host b knows of it. `isTold`: of changes, and not only by looking. */
async function twoHosts(isTold: boolean) {
  const { path } = await temporaryPostgres()
  const [a, b] = [await openHost(path), await openHost(path)]
  const parts = rolloutPartsOf({ stores: a.stores, config, clock: a.clock, random: systemRandomness })
  await installStrategies(parts)
  const stage = stageOn(parts, a.clock)
  await stage.begin()
  let told = 0
  const watch = await watchRollout({
    config,
    stores: b.stores,
    settings: createLiveSettingStore(b.stores.db),
    db: b.stores.db,
    clock: b.clock,
    log: createLog('test', 'silent'),
    ...(isTold && {
      onChange: (listener) =>
        b.database.onChange(() => {
          told += 1
          listener()
        }),
    }),
  })
  onTestFinished(() => watch.stop())
  // Once when it has begun to listen.
  await expect.poll(() => told, { timeout: 20_000 }).toBe(isTold ? 1 : 0)
  await watch.look()
  const phase = () => watch.now().rollout?.state.phase
  expect(phase()).toBe('preview')
  return { stage, watch, phase, clock: b.clock }
}

describe('a brake that is pulled on one host', { timeout: 60_000 }, () => {
  it('is obeyed by the other when it is told, without a look at the clock', async () => {
    const { stage, phase, watch } = await twoHosts(true)
    await stage.say('rollback')
    await expect.poll(phase, { timeout: 20_000, interval: 5 }).toBe('rolled_back')
    expect(watch.now().mode).toBe('off')
  })

  it('is obeyed by one that is told nothing at its next look, half a second later', async () => {
    const { stage, phase, clock, watch } = await twoHosts(false)
    await stage.say('rollback')
    await clock.advance(499)
    expect(phase()).toBe('preview')
    await clock.advance(1)
    await expect.poll(phase, { timeout: 20_000, interval: 5 }).toBe('rolled_back')
    expect(watch.now().mode).toBe('off')
  })
})
