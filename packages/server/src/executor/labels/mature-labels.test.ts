import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { BASELINE, createLabelStream, pushStreamCandle, warmLabelStream } from '@spark/core/calibration/label-stream'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { labelThat } from '@spark/core/calibration/label-fixture'
import type { LeftOutPeriod } from '@spark/core/calibration/leave-out'
import { mergeCounters, createCounter } from '@spark/core/calibration/counter'
import type { Candle, Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { ML_FUSION_1_2, modelHash, type Model } from '@spark/core/signal/model'
import { createRandom, randomNormal } from '@spark/core/stats/random'
import { sql, type Kysely, type KyselyPlugin } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { createCandleStore } from '../../storage/candle-store.ts'
import { createLabelStore, type LabelStore } from '../../storage/label-store.ts'
import { createModelStore } from '../../storage/model-store.ts'
import { openMainDatabase } from '../../storage/open-main-database.ts'
import { createRolloutStore } from '../../storage/rollout-store.ts'
import { createStrategyStore } from '../../storage/strategy-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { watchStatements } from '../../storage/watch-statements-fixture.ts'
import { matureLabels, type LabelDeps } from './mature-labels.ts'

const MINUTE = 60_000
const START = Date.UTC(2024, 0, 1)
const BTC: Stream = { symbol: 'BTCUSDT', tf: '1m' }
const ETH: Stream = { symbol: 'ETHUSDT', tf: '5m' }
const RULE = { ...DEFAULT_BARRIERS, costRate: 0.0001 }
const VERSION = ML_FUSION_1_2.version
/** Says the opposite of ml-fusion-1.2. */
const CONTRARY: Model = { ...ML_FUSION_1_2, version: 'contrary', weights: { rsi: -1 / 3, macd: -1 / 3, trend: -1 / 3 } }

/** A market that goes on as it goes: what follows the trend earns. */
function market({ tf }: Stream, seed: number, count: number): Candle[] {
  const random = createRandom(seed)
  let [close, drift] = [100, 0.001]
  return Array.from({ length: count }, (_, index) => {
    if (index % 200 === 0) drift = randomNormal(random) > 0 ? 0.001 : -0.001
    const o = close
    close = o * Math.exp(drift + 0.0007 * randomNormal(random))
    const ts = START + index * timeframeMs(tf)
    return { ts, o, h: Math.max(o, close) * 1.0003, l: Math.min(o, close) * 0.9997, c: close, v: 1 }
  })
}

const BTC_CANDLES = market(BTC, 1, 1200)
const ETH_CANDLES = market(ETH, 2, 500)

/** `from`: a file to go on with; it is copied. */
async function openStage({ model = ML_FUSION_1_2, from }: { model?: Model; from?: string } = {}) {
  const path = join(temporaryFolder(), 'spark.db')
  if (from !== undefined) copyFileSync(from, path)
  const database = await openMainDatabase({ path, thread: false })
  onTestFinished(() => database.close())
  const { db } = database
  const models = createModelStore(db)
  await models.put(model, modelHash(model, sha256), 0)
  await models.setAlias('champion', model.version, 0)
  const candles = createCandleStore(db)
  let nowMs = START
  const told: string[] = []
  const [leftOut, problems]: [LeftOutPeriod[], string[]] = [[], []]
  const depsOn = (on: Kysely<MainTables>): LabelDeps => ({
    labels: createLabelStore(on),
    candles: createCandleStore(on),
    models: createModelStore(on),
    // Compiles its statements beforehand, where none may die.
    rollouts: createRolloutStore(db),
    strategies: createStrategyStore(on),
    markers: async () => ({ leftOut, problems }),
    streams: [BTC, ETH],
    source: 'sim',
    rule: RULE,
    baseAsset: (symbol) => symbol.slice(0, 3),
    marketMs: () => nowMs,
    clock: { nowMs: () => nowMs },
    onVerdict: async (_model, verdict) => void told.push(verdict),
  })
  return {
    db,
    told,
    leftOut,
    problems,
    path,
    depsOn,
    deps: depsOn(db),
    candles,
    labels: createLabelStore(db),
    /** Candles that close up to so many minutes after the start are there. */
    async pass(minutes: number) {
      const before = nowMs
      nowMs = START + minutes * MINUTE
      for (const [stream, all] of [
        [BTC, BTC_CANDLES],
        [ETH, ETH_CANDLES],
      ] as const) {
        const closed = all.filter(({ ts }) => {
          const endMs = ts + timeframeMs(stream.tf)
          return endMs > before && endMs <= nowMs
        })
        await candles.putAll(stream, closed, 'sim')
      }
    },
    /** Everything that is kept, but when. */
    async kept() {
      const rows = async (table: 'label' | 'label_counter' | 'label_stream' | 'model_evidence') =>
        (await db.selectFrom(table).selectAll().execute()).map((row) => ({ ...row, changed_at: 0 }))
      return {
        labels: await rows('label'),
        counters: await rows('label_counter'),
        streams: await rows('label_stream'),
        evidence: await rows('model_evidence'),
      }
    },
  }
}

const countedBy = async ({ labels }: { labels: LabelStore }) => (await labels.evidence(VERSION))?.evidence.labels ?? 0
const labelOf = () => ({ ...labelThat(true, 0.001), confid: 0.6, parts: { rsi: 0.1, macd: 0.1, trend: 0.1 } })

/** Dies at the statement after so many. */
function dying(after: number): KyselyPlugin {
  let left = after
  return watchStatements(() => {
    left -= 1
    if (left < 0) throw new Error('killed')
  })
}

describe('labels of closed candles', () => {
  it('begin with the first decision after the start: a fresh installation has none', async () => {
    const stage = await openStage()
    expect(await matureLabels(stage.deps)).toBe(`0 labels; ${VERSION} unproven, 0 rounds more`)
    await stage.pass(400)
    await matureLabels(stage.deps)
    expect(await stage.labels.newest(VERSION, 10)).toEqual([])
    expect(await stage.labels.counters(VERSION, false)).toEqual([])
    expect(await stage.labels.evidence(VERSION)).toBeNull()
    expect(await stage.labels.verdict(VERSION)).toBe('unproven')
  })

  it('are those that core makes of the same candles, for the model and the baseline', async () => {
    const stage = await openStage()
    await stage.pass(400)
    await matureLabels(stage.deps)
    await stage.pass(700)
    await matureLabels(stage.deps)
    const own = createLabelStream('1m')
    for (const candle of BTC_CANDLES.slice(0, 400)) warmLabelStream(own, candle)
    const expected = BTC_CANDLES.slice(400, 700).flatMap((candle) =>
      pushStreamCandle(own, candle, { models: [ML_FUSION_1_2], rule: RULE }),
    )
    for (const model of [VERSION, BASELINE]) {
      const stored = (await stage.labels.enteredFrom(model, 0, 1000)).filter(({ stream }) => stream.symbol === 'BTCUSDT')
      expect(stored.length).toBeGreaterThan(250)
      expect(stored.map(({ label }) => label)).toEqual(expected.filter((one) => one.model === model).map(({ label }) => label))
    }
  })

  it('count each label once, by bucket, and those that do not overlap apart', async () => {
    const stage = await openStage()
    await stage.pass(400)
    await matureLabels(stage.deps)
    await stage.pass(1000)
    await matureLabels(stage.deps)
    const total = async (counted: boolean) =>
      (await stage.labels.counters(VERSION, counted)).reduce((sum, { counter }) => mergeCounters(sum, counter), createCounter())
    const labels = await stage.labels.enteredFrom(VERSION, 0, 5000)
    const all = await total(false)
    expect(all).toMatchObject({ labels: labels.length, hits: labels.filter(({ label }) => label.hit).length })
    const stored = await stage.labels.evidence(VERSION)
    const counted = await total(true)
    expect(counted.labels).toBe(stored?.evidence.labels)
    expect(counted.labels).toBeGreaterThan(50)
    expect(counted.labels).toBeLessThan(all.labels)
    expect(stored?.roundsTo).toBeLessThanOrEqual(START + 1000 * MINUTE)
  })

  it('are the same when they are made at once, and piece by piece', async () => {
    const [once, often] = [await openStage(), await openStage()]
    for (const stage of [once, often]) {
      await stage.pass(400)
      await matureLabels(stage.deps)
    }
    for (let minutes = 407; minutes < 900; minutes += 29) {
      await often.pass(minutes)
      await matureLabels(often.deps)
    }
    for (const stage of [once, often]) {
      await stage.pass(900)
      await matureLabels(stage.deps)
      expect((await stage.kept()).labels.length).toBeGreaterThan(900)
    }
    expect(await often.kept()).toEqual(await once.kept())
  })

  it('are made once, wherever the run before was killed', async () => {
    const whole = await openStage()
    await whole.pass(300)
    await matureLabels(whole.deps)
    await whole.pass(360)
    await whole.db.executeQuery(sql`pragma wal_checkpoint(truncate)`.compile(whole.db))
    const before = `${whole.path}.before`
    copyFileSync(whole.path, before)
    await matureLabels(whole.deps)
    const expected = await whole.kept()
    expect(expected.evidence).toHaveLength(1)
    let deaths = 0
    for (;;) {
      const stage = await openStage({ from: before })
      await stage.pass(360)
      const killed = await matureLabels(stage.depsOn(stage.db.withPlugin(dying(deaths)))).then(
        () => false,
        () => true,
      )
      await matureLabels(stage.deps)
      expect(await stage.kept()).toEqual(expected)
      if (!killed) break
      deaths += 1
    }
    expect(deaths).toBeGreaterThan(15)
  })

  it('in a time that is left out do not count, whenever it is marked and wherever a run dies', async () => {
    const period = { fromMs: START + 500 * MINUTE, toMs: START + 600 * MINUTE }
    const [before, after] = [await openStage(), await openStage()]
    before.leftOut.push(period)
    for (const stage of [before, after]) {
      await stage.pass(400)
      await matureLabels(stage.deps)
      await stage.pass(800)
      await matureLabels(stage.deps)
    }
    const expected = await before.kept()
    const [fewer, whole] = [await countedBy(before), await countedBy(after)]
    expect(fewer).toBeLessThan(whole)
    await after.db.executeQuery(sql`pragma wal_checkpoint(truncate)`.compile(after.db))
    let deaths = 0
    for (let killed = true; killed; deaths += 1) {
      const stage = await openStage({ from: after.path })
      stage.leftOut.push(period)
      await stage.pass(800)
      killed = await matureLabels(stage.depsOn(stage.db.withPlugin(dying(deaths)))).then(
        () => false,
        () => true,
      )
      // Nobody sees half of it.
      expect([fewer, whole]).toContain(await countedBy(stage))
      await matureLabels(stage.deps)
      expect(await stage.kept()).toEqual(expected)
      stage.leftOut.length = 0
      await matureLabels(stage.deps)
      expect(await countedBy(stage)).toBe(whole)
    }
    expect(deaths).toBeGreaterThan(8)
  })

  it('in a time that is marked from now on do not count, however soon they ended', async () => {
    const [before, after] = [await openStage(), await openStage()]
    for (const stage of [before, after]) {
      await stage.pass(400)
      await matureLabels(stage.deps)
    }
    await after.pass(800)
    await matureLabels(after.deps)
    const fromMs = (await after.labels.evidence(VERSION))?.roundsTo ?? 0
    const period = { fromMs, toMs: fromMs + 100 * MINUTE }
    for (const stage of [before, after]) {
      stage.leftOut.push(period)
      await stage.pass(800)
      await matureLabels(stage.deps)
    }
    expect(await countedBy(after)).toBe(await countedBy(before))
    expect((await after.kept()).evidence).toEqual((await before.kept()).evidence)
  })

  it('of more streams than are judged do not hold up those after them; bad lines of the markers are told', async () => {
    const stage = await openStage()
    stage.problems.push('line 3: "x": must be ISO time,kind,key=value')
    const of = (at: number) => ({ ts: START + at, entryTs: START + 1 + at, exitTs: START + 2 + at })
    const labels = Array.from({ length: 2100 }, (_, at) => ({ model: VERSION, label: { ...labelOf(), ...of(at) } }))
    const other = { stream: { symbol: 'XRPUSDT', tf: '1m' as const }, source: 'sim', lastTs: 1, state: createLabelStream('1m') }
    await stage.labels.saveStream(other, { fromTs: null, labels, nowMs: 1 })
    await stage.pass(400)
    await matureLabels(stage.deps)
    await stage.pass(500)
    expect(await matureLabels(stage.deps)).toMatch(/ proven|unproven, \d\d rounds more; calibration_markers\.csv, line 3: "x"/)
  })

  it('are not counted twice by two runs at once', async () => {
    const [alone, both] = [await openStage(), await openStage()]
    for (const stage of [alone, both]) {
      await stage.pass(400)
      await matureLabels(stage.deps)
      await stage.pass(600)
    }
    await matureLabels(alone.deps)
    await Promise.all([matureLabels(both.deps), matureLabels(both.deps)])
    await matureLabels(both.deps)
    expect(await both.kept()).toEqual(await alone.kept())
  })

  it('are removed when they are old; counters and evidence stay', async () => {
    const stage = await openStage()
    for (const minutes of [400, 500]) {
      await stage.pass(minutes)
      await matureLabels(stage.deps)
    }
    const before = await stage.kept()
    const midMs = START + 450 * MINUTE
    const old = before.labels.filter((row) => 'entry_ts' in row && row.entry_ts < midMs)
    expect(await stage.labels.prune(midMs)).toBe(old.length)
    expect(old.length).toBeGreaterThan(50)
    const after = await stage.kept()
    expect(after.labels).toHaveLength(before.labels.length - old.length)
    expect([after.counters, after.evidence]).toEqual([before.counters, before.evidence])
  })

  it('begin anew on the market of another feed', async () => {
    const stage = await openStage()
    await stage.pass(400)
    await matureLabels(stage.deps)
    await stage.pass(450)
    for (const minutes of [460, 470]) {
      await stage.candles.putAll(BTC, BTC_CANDLES.slice(450, minutes), 'ccxt:binance')
      await matureLabels({ ...stage.deps, source: 'ccxt:binance', marketMs: () => START + minutes * MINUTE })
    }
    expect(await stage.labels.newest(VERSION, 1)).toEqual([])
    const [stream] = await stage.labels.streams()
    expect(stream).toMatchObject({ source: 'ccxt:binance', lastTs: START + 469 * MINUTE })
  })
})

describe('the verdict', () => {
  it('on a model that says the opposite of a good baseline is worse, and does not wait for a stream that has died', async () => {
    const stage = await openStage({ model: CONTRARY })
    await stage.pass(400)
    await matureLabels(stage.deps)
    await stage.pass(500)
    await matureLabels(stage.deps)
    const alive = { ...stage.deps, streams: [BTC] }
    await stage.pass(1200)
    await matureLabels(alive)
    expect(await stage.labels.verdict('contrary')).toBe('worse_than_baseline')
    expect([stage.told[0], stage.told.at(-1)]).toEqual(['unproven', 'worse_than_baseline'])
  })

  it('is made of champion, challenger, shadow and the champion before, on the same candles, and of nobody else', async () => {
    const stage = await openStage()
    const models = createModelStore(stage.db)
    const named = { challenger: 'c', shadow: 's', 'before-rollout-9': 'older', 'before-rollout-10': 'before' }
    for (const [alias, version] of Object.entries(named)) {
      const model = { ...CONTRARY, version }
      await models.put(model, modelHash(model, sha256), 0)
      await models.setAlias(alias, version, 0)
    }
    await stage.pass(400)
    await matureLabels(stage.deps)
    await stage.pass(800)
    await matureLabels(stage.deps)
    const { labels, evidence, counters } = await stage.kept()
    const followed = ['before', 'c', VERSION, 's']
    expect(evidence.map(({ model }) => model).toSorted()).toEqual(followed)
    expect([...new Set(counters.map(({ model }) => model))].toSorted()).toEqual([BASELINE, ...followed].toSorted())
    const candlesOf = (model: string) => labels.filter((row) => row.model === model).map(({ symbol, ts }) => `${symbol} ${ts}`)
    expect(candlesOf('c').length).toBeGreaterThan(100)
    expect(candlesOf('c')).toEqual(candlesOf('s'))
  })

  it('says nothing of a model whose document was changed', async () => {
    const stage = await openStage({ model: CONTRARY })
    const changed = {
      ...stage.deps,
      models: {
        ...stage.deps.models,
        list: async () => [{ version: 'contrary', document: CONTRARY, hash: 'x', createdAt: 0 }],
        aliases: stage.deps.models.aliases,
      },
    }
    await stage.pass(400)
    await matureLabels(changed)
    await stage.pass(700)
    await matureLabels(changed)
    expect(await stage.labels.newest('contrary', 1)).toEqual([])
    expect((await stage.labels.newest(BASELINE, 1)).length).toBe(1)
  })
})
