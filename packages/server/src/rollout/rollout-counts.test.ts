import { expect, it } from 'vitest'
import { createPrometheus } from '../prometheus.ts'
import type { Decided } from './decide-rollout.ts'
import { createRolloutCounts, rolloutMeters } from './rollout-counts.ts'
import { readRolloutNow } from './rollout-now.ts'
import { rolloutStage } from './rollout-stage-fixture.ts'
import { loadConfig } from '../config.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'

it('Prometheus is told phase, share, epoch, decisions and breaches', async () => {
  const stage = await rolloutStage()
  const { stores } = stage.parts
  const config = loadConfig({ SPARK_DATA_DIR: stage.folder })
  await stage.begin()
  await stage.tick(16)
  const now = await readRolloutNow(
    { config, stores, settings: createLiveSettingStore(stores.db) },
    stores.db,
    stage.clock.nowMs(),
  )
  const counts = createRolloutCounts()
  const rollout = now.rollout
  if (rollout === null) throw new Error('no rollout')
  const decided = (total: number, critical: number, id = rollout.id): Decided => ({
    rollout: { ...rollout, id },
    outcome: {
      decision: 'hold',
      reasons: [],
      effects: [],
      state: { ...rollout.state, breaches: { ended: [], total, critical } },
    },
    epoch: null,
    onTheWire: [],
  })
  // A process that starts in the middle counts what it sees happen.
  for (const one of [decided(3, 1), decided(4, 1), decided(4, 2), decided(0, 0, 'rollout-2'), decided(1, 0, 'rollout-2')])
    counts.add(one)
  const prometheus = createPrometheus({ version: '1', buildSha: 'a' })
  rolloutMeters(prometheus, () => ({ now, counts }))
  const text = await prometheus.text()
  for (const line of [
    'spark_rollout_phase{state="live"} 1',
    'spark_rollout_phase{state="rolled_back"} 0',
    'spark_rollout_share_ratio 0.1',
    'spark_rollout_ceiling_ratio 1',
    'spark_rollout_exposed_strategies 2',
    'spark_rollout_epoch 1',
    'spark_confidence_floor_ratio 0.55',
    'spark_poll_interval_seconds 60',
    'spark_rollout_decisions_total{decision="hold"} 5',
    'spark_rollout_breaches_total{kind="opened"} 2',
    'spark_rollout_breaches_total{kind="critical"} 1',
  ])
    expect(text).toContain(`\n${line}\n`)
  await stage.close()
})

it('before the controller is open there are figures all the same', async () => {
  const prometheus = createPrometheus({ version: '1', buildSha: 'a' })
  rolloutMeters(prometheus, () => null)
  expect(await prometheus.text()).toContain('spark_rollout_phase{state="live"} 0')
})
