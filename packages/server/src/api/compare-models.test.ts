import { createLabelStream } from '@spark/core/calibration/label-stream'
import { labelThat } from '@spark/core/calibration/label-fixture'
import type { Stream } from '@spark/core/market/candle'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLabelStore } from '../storage/label-store.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { compareModels, LABELS_A_STREAM } from './compare-models.ts'

const HOUR = 3_600_000
const BTC = { symbol: 'BTCUSDT', tf: '1h' } as const
const ETH = { symbol: 'ETHUSDT', tf: '1h' } as const

let database: MainDatabase
beforeEach(async () => {
  database = await openMainDatabase({ path: `${temporaryFolder()}/spark.db`, thread: false })
})
afterEach(() => database.close())

const compare = () => {
  const { db } = database
  return compareModels({ labels: createLabelStore(db), strategies: createStrategyStore(db) }, 'one', 'two')
}

interface Kept {
  /** Of the candles that get labels. */
  hours: readonly [from: number, to: number]
  /** First candle that `one` has a label of. */
  oneFrom?: number
  /** Candle before, from an earlier call. */
  before?: number
  /** Who is right from which hour on; before it, the other. */
  oneIsRightFrom?: number
}

/** A label an hour of each, which lasts two candles. */
async function keep(stream: Stream, { hours: [from, to], oneFrom = 0, before, oneIsRightFrom = 0 }: Kept): Promise<void> {
  const labels = Array.from({ length: to - from }, (_, at) => from + at).flatMap((hour) => {
    const times = { ts: hour * HOUR, entryTs: (hour + 1) * HOUR, exitTs: (hour + 3) * HOUR }
    const of = (model: string, right: boolean) => ({
      model,
      label: { ...labelThat(right), ...times, parts: { rsi: 0, macd: 0, trend: 0 } },
    })
    const right = hour >= oneIsRightFrom
    return [...(hour >= oneFrom ? [of('one', right)] : []), of('two', !right)]
  })
  const next = { stream, source: 'sim', lastTs: (to - 1) * HOUR, state: createLabelStream('1h') }
  await createLabelStore(database.db).saveStream(next, {
    fromTs: before === undefined ? null : before * HOUR,
    labels,
    nowMs: 1,
  })
}

it('begins with the first label that both have, however many come later, and is full when no more are looked at', async () => {
  await keep(BTC, { hours: [0, 1000], oneFrom: 100 })
  expect(await compare()).toMatchObject({ fromTs: 101 * HOUR, better: 'first', full: false })
  await keep(BTC, { hours: [1000, LABELS_A_STREAM + 99], before: 999 })
  expect(await compare()).toMatchObject({ fromTs: 101 * HOUR, full: false })
  // From here on the other is right, which is not looked at any more.
  await keep(BTC, { hours: [LABELS_A_STREAM + 99, 3 * LABELS_A_STREAM], before: LABELS_A_STREAM + 98, oneIsRightFrom: 1e9 })
  const full = await compare()
  expect(full).toMatchObject({ fromTs: 101 * HOUR, better: 'first', full: true, labelsToTell: null })
  expect(full.toTs).toBe((LABELS_A_STREAM + 101) * HOUR)
})

it('is not full while labels of one are missing, however many the other has', async () => {
  await keep(BTC, { hours: [0, 1000] })
  await keep(BTC, { hours: [1000, LABELS_A_STREAM + 100], before: 999, oneFrom: 1e9 })
  expect(await compare()).toMatchObject({ full: false })
})

it('takes from a stream that lags what was decided until its own labels were due', async () => {
  await keep(BTC, { hours: [0, 1000] })
  const alone = await compare()
  // Only what ended quickly has a label among its last decisions.
  await keep(ETH, { hours: [0, 20] })
  const both = await compare()
  // Its decisions up to 13 candles before its end: of hours 0, 2, 4, 6.
  expect(both.labels - alone.labels).toBe(4)
})
