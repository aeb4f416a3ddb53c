import { join } from 'node:path'
import { labelThat } from '@spark/core/calibration/label-fixture'
import { createLabelStream } from '@spark/core/calibration/label-stream'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import type { LeftOutPeriod } from '@spark/core/calibration/leave-out'
import type { Stream } from '@spark/core/market/candle'
import { ML_FUSION_1_2, modelHash, type Model } from '@spark/core/signal/model'
import { createRandom, randomNormal } from '@spark/core/stats/random'
import { expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { createDriftStore } from '../../storage/drift-store.ts'
import { createLabelStore } from '../../storage/label-store.ts'
import { createModelStore } from '../../storage/model-store.ts'
import { openMainDatabase } from '../../storage/open-main-database.ts'
import { createRolloutStore } from '../../storage/rollout-store.ts'
import { createStrategyStore } from '../../storage/strategy-store.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { lookAtDrift, type DriftDeps } from './look-at-drift.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)
const STREAMS: Stream[] = [
  { symbol: 'BTCUSDT', tf: '1h' },
  { symbol: 'ETHUSDT', tf: '1h' },
]
const VERSION = ML_FUSION_1_2.version

async function openStage() {
  const database = await openMainDatabase({ path: join(temporaryFolder(), 'spark.db'), thread: false })
  onTestFinished(() => database.close())
  const { db } = database
  const models = createModelStore(db)
  const labels = createLabelStore(db)
  const time = { nowMs: START }
  const told: string[][] = []
  const leftOut: LeftOutPeriod[] = []
  const deps: DriftDeps = {
    models,
    labels,
    drift: createDriftStore(db),
    rollouts: createRolloutStore(db),
    strategies: createStrategyStore(db),
    markers: async () => ({ leftOut, problems: [] }),
    streams: STREAMS,
    rule: { ...DEFAULT_BARRIERS, costRate: 0 },
    baseAsset: (symbol) => symbol.slice(0, 3),
    marketMs: () => time.nowMs,
    clock: { nowMs: () => time.nowMs },
    onDrift: async (model, drifted) => void told.push([model, ...drifted.map(({ feature }) => feature)]),
  }
  const follow = async (model: Model, alias: string) => {
    await models.put(model, modelHash(model, sha256), 0)
    await models.setAlias(alias, model.version, 0)
  }
  await follow(ML_FUSION_1_2, 'champion')
  let labelledTo = 0
  return {
    deps,
    time,
    told,
    leftOut,
    follow,
    drift: createDriftStore(db),
    /** A label an hour on each stream up to this day, where rsi may have moved; then the time of the market is a day later. */
    async pass(days: number, moved = 0) {
      for (const [at, stream] of STREAMS.entries()) {
        const random = createRandom(1 + at + labelledTo)
        const made = Array.from({ length: 24 * (days - labelledTo) }, (_, hour) => {
          const ts = START + (24 * labelledTo + hour) * HOUR
          const parts = { rsi: moved + randomNormal(random), macd: randomNormal(random), trend: randomNormal(random) }
          const label = { ...labelThat(true), ts, entryTs: ts + HOUR, exitTs: ts + 2 * HOUR, parts, atr: 1 + parts.macd / 9 }
          return { model: VERSION, label }
        })
        const fromTs = labelledTo === 0 ? null : labelledTo
        await labels.saveStream(
          { stream, source: 'sim', lastTs: days, state: createLabelStream('1h') },
          { fromTs, labels: made, nowMs: 0 },
        )
      }
      labelledTo = days
      time.nowMs = START + (days + 1) * DAY
    },
  }
}

it('nothing is compared before the first eight weeks of labels are over, and without labels there is no figure', async () => {
  const stage = await openStage()
  expect(await lookAtDrift(stage.deps)).toBe(`${VERSION}: not enough labels to compare with yet`)
  await stage.pass(55)
  expect(await lookAtDrift(stage.deps)).toBe(`${VERSION}: not enough labels to compare with yet`)
  expect([await stage.drift.reference(VERSION), await stage.drift.newestLook(VERSION), stage.told]).toEqual([null, null, []])
})

it('a feature that moves is told, and its end; the reference stays what it was, and a second look says the same', async () => {
  const stage = await openStage()
  await stage.pass(64)
  expect(await lookAtDrift(stage.deps)).toBe(`${VERSION}: no drift`)
  const reference = await stage.drift.reference(VERSION)
  expect(reference).toMatchObject({ origin: 'first_weeks', fromMs: START + HOUR, toMs: START + HOUR + 56 * DAY, values: 2688 })
  await stage.pass(71, 2)
  expect(await lookAtDrift(stage.deps)).toBe(`${VERSION}: rsi drifted`)
  const look = await stage.drift.newestLook(VERSION)
  expect(look?.ts).toBe(START + 71 * DAY)
  expect(await lookAtDrift(stage.deps)).toBe(`${VERSION}: rsi drifted`)
  expect(await stage.drift.newestLook(VERSION)).toEqual(look)
  await stage.pass(79)
  await lookAtDrift(stage.deps)
  expect(stage.told).toEqual([[VERSION], [VERSION, 'rsi'], [VERSION, 'rsi'], [VERSION]])
  expect(await stage.drift.reference(VERSION)).toEqual(reference)
})

it('labels of a time that is left out are not looked at; too few that are left end what was told', async () => {
  const stage = await openStage()
  await stage.pass(64)
  await lookAtDrift(stage.deps)
  await stage.pass(71, 2)
  await lookAtDrift(stage.deps)
  stage.leftOut.push({ fromMs: START + 64 * DAY, toMs: START + 72 * DAY })
  expect(await lookAtDrift(stage.deps)).toBe(`${VERSION}: not enough labels in seven days`)
  expect(stage.told).toEqual([[VERSION], [VERSION, 'rsi'], [VERSION]])
})

it('a trained model is compared with its training window, on the labels of its parent', async () => {
  const stage = await openStage()
  await stage.pass(70)
  const labelWindow = { fromTs: START, toTs: START + 60 * DAY }
  await stage.follow({ ...ML_FUSION_1_2, version: 'learned', parent: VERSION, labelWindow, trainedAt: 1 }, 'challenger')
  expect(await lookAtDrift(stage.deps)).toContain('learned: not enough labels in seven days')
  expect(await stage.drift.reference('learned')).toMatchObject({ origin: 'training', fromMs: START, toMs: START + 60 * DAY + 1 })
})
