import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../config.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { readRolloutNow } from './rollout-now.ts'
import { rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'
import { createRolloutViews } from './rollout-view.ts'

const HOUR = 3_600_000

let stage: RolloutStage & { close(): Promise<void> }
beforeEach(async () => (stage = await rolloutStage()))
afterEach(() => stage.close())

async function criteria(env: Record<string, string> = {}) {
  const { db } = stage.parts.stores
  const stores = createTradingStores(db)
  const settings = createLiveSettingStore(db)
  const config = loadConfig({ SPARK_DATA_DIR: stage.folder, ...env })
  const views = createRolloutViews({ config, stores, settings, reports: createProcessReportStore(db), clock: stage.clock })
  const view = await views.of(await readRolloutNow({ config, stores, settings }, db, stage.clock.nowMs()))
  return view.id === null ? null : view.successCriteria
}
const collection = async (env?: Record<string, string>) => (await criteria(env))?.find(({ name }) => name === 'collection')

async function label(model: string, exitTs: number): Promise<void> {
  const figures = { direction: 1, confid: 0.6, rsi: 0, macd: 0, trend: 0, atr: 1, entry_price: 1, exit_price: 1, cost_rate: 0 }
  const became = { outcome: 'time', ambiguous: 0, candles_held: 12, net_return: 0, hit: 0, profit_distance: 1, stop_distance: 1 }
  const row = {
    model,
    symbol: 'BTCUSDT',
    tf: '1h',
    ts: exitTs - HOUR,
    entry_ts: exitTs - HOUR,
    exit_ts: exitTs,
    ...figures,
    ...became,
  }
  await stage.parts.stores.db.insertInto('label').values(row).execute()
}

it('while all are exposed the criteria of success are told, and that v2.1 is collected: on, and labels of the step have come', async () => {
  await stage.begin()
  const model = 'ml-fusion-1.2'
  const beganMs = stage.clock.nowMs()
  await stage.tick(16)
  expect(await criteria()).toBeNull()
  await stage.tick(30)
  await label('another', stage.clock.nowMs() - 1)
  await label(model, beganMs)
  expect(await collection()).toEqual({ name: 'collection', value: 0, met: false, target: 'on, and labels come' })
  await label(model, stage.clock.nowMs() - 1)
  await label(model, stage.clock.nowMs() - 2)
  expect(await collection()).toMatchObject({ value: 2, met: true })
  expect(await collection({ AUDIT_ML_BUCKET: 'false' })).toMatchObject({ value: 2, met: false })
})
