import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLabelStream, type ModelLabel } from '@spark/core/calibration/label-stream'
import type { LeftOutPeriod } from '@spark/core/calibration/leave-out'
import type { Stream } from '@spark/core/market/candle'
import { ML_FUSION_1_2, modelHash, modelProblem } from '@spark/core/signal/model'
import { createRandom, randomUniform } from '@spark/core/stats/random'
import { sql, type Kysely, type KyselyPlugin } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { createAuditOutbox } from '../../storage/audit-outbox.ts'
import { createLabelStore } from '../../storage/label-store.ts'
import { createLearnerStore } from '../../storage/learner-store.ts'
import { createModelStore } from '../../storage/model-store.ts'
import { openMainDatabase } from '../../storage/open-main-database.ts'
import { createRolloutStore, type StoredRollout } from '../../storage/rollout-store.ts'
import { createStrategyStore } from '../../storage/strategy-store.ts'
import type { MainTables } from '../../storage/tables.ts'
import { temporaryFolder } from '../../storage/temporary-folder.ts'
import { watchStatements } from '../../storage/watch-statements-fixture.ts'
import { updateModel, type UpdateDeps } from './update-model.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEK = 7 * DAY
const MONDAY = Date.UTC(2024, 0, 1)
const VERSION = ML_FUSION_1_2.version
const STREAMS: Stream[] = [
  { symbol: 'BTCUSDT', tf: '1h' },
  { symbol: 'ETHUSDT', tf: '1h' },
  // Not judged by: BTC is, on the longer timeframe.
  { symbol: 'BTCUSDT', tf: '5m' },
]

/** A label at each hour of a stretch; the market goes against the RSI. */
function labelsOf({ symbol }: Stream, from: number, hours: number): ModelLabel[] {
  const random = createRandom(symbol === 'BTCUSDT' ? 1 : 2)
  return Array.from({ length: hours }, (_, at) => {
    const [rsi = 0, macd = 0, trend = 0] = [0, 1, 2].map(() => 2 * randomUniform(random) - 1)
    const direction = rsi + macd + trend > 0 ? 1 : -1
    const hit = randomUniform(random) < (rsi > 0 === (direction === 1) ? 0.3 : 0.7)
    const ts = from + at * HOUR
    const times = { ts, entryTs: ts + HOUR, exitTs: ts + 2 * HOUR, candlesHeld: 1 }
    const prices = { entryPrice: 100, exitPrice: hit ? 101 : 99, profitDistance: 0.01, stopDistance: 0.01, costRate: 0.002 }
    const outcome = {
      outcome: hit ? ('profit' as const) : ('stop' as const),
      ambiguous: false,
      hit,
      netReturn: hit ? 0.008 : -0.012,
    }
    return {
      model: VERSION,
      label: { ...times, ...prices, ...outcome, direction, confid: 0.6, atr: 1, parts: { rsi, macd, trend } },
    }
  })
}

/** `from`: a file to go on with; it is copied. */
async function openStage(from?: string) {
  const path = join(temporaryFolder(), 'spark.db')
  if (from !== undefined) copyFileSync(from, path)
  const database = await openMainDatabase({ path, thread: false })
  onTestFinished(() => database.close())
  const { db } = database
  const time = { nowMs: MONDAY + WEEK + 70 * 60_000 }
  const leftOut: LeftOutPeriod[] = []
  const depsOn = (on: Kysely<MainTables>): UpdateDeps => ({
    learner: createLearnerStore(on),
    labels: createLabelStore(on),
    models: createModelStore(on),
    // It prepares its statements when it is made.
    rollouts: createRolloutStore(db),
    strategies: createStrategyStore(on),
    markers: async () => ({ leftOut }),
    outbox: createAuditOutbox(db),
    streams: STREAMS,
    baseAsset: (symbol) => symbol.slice(0, 3),
    weightsFixed: false,
    marketMs: () => time.nowMs,
    clock: { nowMs: () => time.nowMs },
  })
  const deps = depsOn(db)
  return {
    db,
    path,
    time,
    leftOut,
    deps,
    depsOn,
    models: createModelStore(db),
    /** Labels of a week, and their streams up to its end. */
    async label(week: number, hours = 168) {
      for (const stream of STREAMS) {
        const start = MONDAY + week * WEEK
        const next = { stream, source: 'sim', lastTs: start + hours * HOUR - HOUR, state: createLabelStream(stream.tf) }
        const known = (await deps.labels.streams()).find(
          (one) => one.stream.symbol === stream.symbol && one.stream.tf === stream.tf,
        )
        const labels = labelsOf(stream, start, hours)
        await createLabelStore(db).saveStream(next, { fromTs: known?.lastTs ?? null, labels, nowMs: 0 })
      }
    },
    async kept() {
      const [learner, training, models, aliases] = await Promise.all([
        db.selectFrom('learner').selectAll().execute(),
        db.selectFrom('model_training').selectAll().execute(),
        db.selectFrom('model').selectAll().orderBy('version').execute(),
        db.selectFrom('model_alias').selectAll().orderBy('alias').execute(),
      ])
      const events = (await createAuditOutbox(db).next(100)).map(({ event }) => event)
      return { learner, training, models, aliases, events }
    },
  }
}

/** Fails the statement after so many, and all that follow. */
function dying(after: number): KyselyPlugin {
  let left = after
  return watchStatements(() => {
    if (left <= 0) throw new Error('killed')
    left -= 1
  })
}

/** ml-fusion-1.2 is champion, and a week has its labels. */
async function labelledStage() {
  const stage = await openStage()
  await stage.models.put(ML_FUSION_1_2, modelHash(ML_FUSION_1_2, sha256), 0)
  await stage.models.setAlias('champion', VERSION, 0)
  await stage.label(0)
  return stage
}

describe('the weekly update as a job', () => {
  it('makes a candidate the challenger, with its evidence and an audit event, and leaves the champion alone', async () => {
    const stage = await labelledStage()
    expect(await updateModel(stage.deps)).toMatch(
      /^ml-fusion-1\.2\+l\.\w{8} from 33\d labels up to 2024-01-08: the challenger of /,
    )
    const { champion, challenger } = await stage.models.aliases()
    expect(champion).toBe(VERSION)
    const stored = await stage.models.get(challenger ?? '')
    expect(stored?.document).toMatchObject({ parent: VERSION, trainedAt: MONDAY + WEEK })
    expect(stored?.document === null || stored === null ? 'missing' : modelProblem(stored.document)).toBeNull()
    expect(stored?.document?.weights.rsi).toBeLessThan(1 / 3)
    // One label at a time of a symbol: those of the other stream of BTC are not in it.
    const evidence = (await stage.deps.learner.evidence()).get(challenger ?? '')
    expect(evidence).toMatchObject({ labels: 334, undecided: 0 })
    const { events } = await stage.kept()
    expect(events).toMatchObject([{ action: 'model.candidate', context: { model: challenger, parent: VERSION, labels: 334 } }])
  })

  it('learns a week once, and goes on with the next from what it knew', async () => {
    const stage = await labelledStage()
    await updateModel(stage.deps)
    const kept = await stage.kept()
    expect(await updateModel(stage.deps)).toBe('the week up to 2024-01-08 is learned already')
    expect(await stage.kept()).toEqual(kept)
    await stage.label(1)
    stage.time.nowMs += WEEK
    await updateModel(stage.deps)
    const { challenger } = await stage.models.aliases()
    expect((await stage.deps.learner.evidence()).get(challenger ?? '')?.labelsInAll).toBeGreaterThan(600)
    expect((await stage.kept()).training).toHaveLength(2)
  })

  it('is kept once when two runs learn the same week at once', async () => {
    const stage = await labelledStage()
    for (const week of [0, 1]) {
      if (week > 0) await stage.label(week)
      const said = await Promise.all([updateModel(stage.deps), updateModel(stage.deps)])
      expect(said.filter((text) => text === 'somebody else has learned the week in the meantime')).toHaveLength(1)
      stage.time.nowMs += WEEK
    }
    expect((await stage.kept()).events).toHaveLength(2)
  })

  it('comes to the same when it dies at any statement and is run again', async () => {
    const whole = await labelledStage()
    await updateModel(whole.deps)
    const expected = await whole.kept()
    const before = await labelledStage()
    await before.db.executeQuery(sql`pragma wal_checkpoint(truncate)`.compile(before.db))
    let deaths = 0
    for (;;) {
      const stage = await openStage(before.path)
      const died = await updateModel(stage.depsOn(stage.db.withPlugin(dying(deaths)))).then(
        () => false,
        () => true,
      )
      await updateModel(stage.deps)
      expect(await stage.kept()).toEqual(expected)
      if (!died) break
      deaths += 1
    }
    expect(deaths).toBeGreaterThan(8)
  })

  it('does not learn from labels of a time that is left out', async () => {
    const stage = await labelledStage()
    stage.leftOut.push({ fromMs: MONDAY + 2 * DAY, toMs: MONDAY + 3 * DAY })
    await updateModel(stage.deps)
    const { challenger } = await stage.models.aliases()
    // Of each of two streams a day, and 12 hours before it.
    expect((await stage.deps.learner.evidence()).get(challenger ?? '')?.labels).toBe(334 - 2 * 35)
  })

  it('waits for labels that are not there yet, for a day', async () => {
    const stage = await openStage()
    await stage.models.put(ML_FUSION_1_2, modelHash(ML_FUSION_1_2, sha256), 0)
    await stage.models.setAlias('champion', VERSION, 0)
    await stage.label(0, 160)
    expect(await updateModel(stage.deps)).toBe('waits for the labels of BTCUSDT-1h, ETHUSDT-1h')
    expect((await stage.kept()).learner).toEqual([])
    stage.time.nowMs += DAY
    expect(await updateModel(stage.deps)).toMatch(/^ml-fusion-1\.2\+l\./)
  })

  it('only collects in the first day of a rollout, and learns the week afterwards', async () => {
    const stage = await labelledStage()
    const startedAt = stage.time.nowMs - HOUR
    const rollout = { startedAt, state: { phase: 'preview' } } as StoredRollout
    const during = { ...stage.deps, rollouts: { newest: () => Promise.resolve(rollout) } }
    expect(await updateModel(during)).toBe('the first 24 hours of a rollout only collect labels')
    expect((await stage.kept()).learner).toEqual([])
    stage.time.nowMs += DAY
    expect(await updateModel(during)).toMatch(/^ml-fusion-1\.2\+l\./)
  })

  it('without labels there is no candidate, and a champion that was changed is not learned from', async () => {
    const stage = await openStage()
    await stage.models.put(ML_FUSION_1_2, modelHash(ML_FUSION_1_2, sha256), 0)
    await stage.models.setAlias('champion', VERSION, 0)
    stage.time.nowMs += DAY
    expect(await updateModel(stage.deps)).toBe('no candidate: no label has matured since the last update')
    expect(await stage.models.aliases()).toEqual({ champion: VERSION })
    const damaged = await openStage()
    await damaged.models.put(ML_FUSION_1_2, 'x', 0)
    await damaged.models.setAlias('champion', VERSION, 0)
    expect(await updateModel(damaged.deps)).toBe('the champion cannot be read: nothing was learned')
  })
})
