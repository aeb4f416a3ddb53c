import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Value } from 'typebox/value'
import { expect, it, onTestFinished } from 'vitest'
import { Proposal } from '@spark/contract/optimization'
import { searchRules } from '@spark/core/learning/search'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { scoreCandles } from '../backtest/scored-series.ts'
import { installModels } from '../champion.ts'
import { loadConfig } from '../config.ts'
import type { ApartMessage } from '../jobs/apart-messages.ts'
import { paperCosts } from '../paper-costs.ts'
import { createCandleStore } from '../storage/candle-store.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { openMainDatabase } from '../storage/open-main-database.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { trendingCandles } from './market-fixture.ts'
import { searchStrategy, SearchRefused } from './search-strategy.ts'

const STRATEGY = { id: 's-1', name: 's', symbol: 'BTCUSDT', tf: '1h', capital: '1000', mode: 'paper' } as const
const SPACE = { floors: [0.55, 0.7], profitAtrs: [1, 3], stopAtrs: [1], expiryCandles: [12], riskShares: [null] }
const ENTRY = fileURLToPath(new URL('apart.ts', import.meta.url))

async function openStage(candles: number) {
  const dataDir = temporaryFolder()
  const config = loadConfig({ SPARK_DATA_DIR: dataDir, SPARK_LOG_LEVEL: 'silent' })
  const database = await openMainDatabase({ path: join(dataDir, 'spark.db'), thread: false })
  onTestFinished(() => database.close())
  const { db } = database
  const deps = {
    config,
    strategies: createStrategyStore(db),
    models: createModelStore(db),
    settings: createLiveSettingStore(db),
    candles: createCandleStore(db),
  }
  await installModels(deps.models, null, 0)
  await deps.strategies.install([{ ...STRATEGY, status: 'running', baseline: 'ema' } as never], 0)
  const stored = trendingCandles(STRATEGY, candles)
  await deps.candles.putAll(STRATEGY, stored, 'sim')
  return { deps, dataDir, stored, config }
}
const wish = { strategyId: 's-1', ask: { space: SPACE, folds: 3 }, source: 'sim' }
const nothing = () => Promise.resolve()

it('a search on stored candles is that of core, tells how far it is, and the contract knows what it found', async () => {
  const { deps, stored, config } = await openStage(2500)
  const shares: number[] = []
  const found = await searchStrategy(deps, wish, async (share) => void shares.push(share))
  // The rule in use is a trial as well.
  expect(shares).toEqual([0.25, 0.5, 0.75, 1])
  const search = searchRules({
    series: [scoreCandles('1h', stored, ML_FUSION_1_2)],
    space: SPACE,
    current: { floor: 0.55, profitAtrs: 1, stopAtrs: 1, expiryCandles: 12, riskShare: null },
    costs: paperCosts(config.file),
    folds: 3,
    embargoMs: 24 * 3_600_000,
  })
  let step = search.next()
  while (step.done !== true) step = search.next()
  expect(found).toEqual(step.value)
  expect(found.outOfSample.trades).toBeGreaterThan(20)
  expect(Value.Check(Proposal, found)).toBe(true)
})

it('too few candles, and a strategy that is not there, are refused in words', async () => {
  const { deps } = await openStage(30)
  await expect(searchStrategy(deps, wish, nothing)).rejects.toThrow(/^30 candles are stored: /)
  await expect(searchStrategy(deps, { ...wish, strategyId: 'x' }, nothing)).rejects.toThrow(SearchRefused)
})

it('in a process of its own it tells its progress, then the whole proposal', async () => {
  const { deps, dataDir } = await openStage(2500)
  const child = fork(ENTRY, [JSON.stringify(wish)], {
    env: { SPARK_DATA_DIR: dataDir },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const messages: ApartMessage[] = []
  child.on('message', (message: ApartMessage) => void messages.push(message))
  expect(await once(child, 'close')).toEqual([0, null])
  expect(messages[0]).toEqual({ kind: 'progress', share: 0.25 })
  const found = await searchStrategy(deps, wish, nothing)
  expect(messages.at(-1)).toEqual({
    kind: 'done',
    ok: expect.any(Boolean),
    said: found.said,
    result: JSON.parse(JSON.stringify(found)),
  })
})
