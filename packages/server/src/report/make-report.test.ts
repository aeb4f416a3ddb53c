import { createPublicKey } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ReportDocument } from '@spark/contract/report'
import type { Report, ReportPeriod } from '@spark/core/report/report'
import { deriveModel, modelHash, ML_FUSION_1_2 } from '@spark/core/signal/model'
import { ManualClock } from '../clock.ts'
import { loadConfig } from '../config.ts'
import { systemRandomness } from '../random.ts'
import { agreeToOverride, askOverride } from '../rollout/override.ts'
import { rolloutPartsOf } from '../rollout/rollout-parts.ts'
import { sha256 } from '../sha256.ts'
import { publicKeyFile } from '../storage/audit/signing-key.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createModelStore } from '../storage/model-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { gatherReport } from './gather-report.ts'
import { makeReport, ReportStopped } from './make-report.ts'
import { evidenceFile, reportsDir } from './report-files.ts'
import {
  appendAudit,
  DAY,
  DAY_FROM_MS,
  DAY_TO_MS,
  decided,
  fillDay,
  loseBreaches,
  openHouse,
  PREPARED,
  type ReportHouse,
} from './report-fixture.ts'
import { reportMarkdown } from './report-markdown.ts'
import { verifyEvidence } from './verify-evidence.ts'

const HOUR = 3_600_000
const about = { ...DAY, prepared: PREPARED }

describe('the report of a day', () => {
  let house: ReportHouse
  let report: Report
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spark-report-'))
    house = await openHouse(folder)
    await fillDay(house, { due: 6, labels: 400, scoreRows: 1 })
    report = (await makeReport(house.deps, about)).document
  })
  afterAll(async () => {
    await house.close()
    rmSync(folder, { recursive: true })
  })

  it('is what the contract says', () => {
    expect([...Value.Errors(ReportDocument, report)]).toEqual([])
  })

  it('counts every score of the day, the hours with the most, and what was due', () => {
    // 2880 slices less an hour.
    expect(report.coverage).toEqual({ slices: 2760, slicesDue: 2880 })
    expect(report.scores.due).toBe(6 * 2760)
    expect(report.scores.ok + report.scores.failed).toBe(6 * 2760)
    expect(report.scores.hours).toHaveLength(23)
    expect(report.scores.hours.map(({ fromMs }) => fromMs)).not.toContain(DAY_FROM_MS + 5 * HOUR)
    expect(report.scores.perMinute).toBe(report.scores.ok / 1440)
    expect(report.summary.hitRatePercent).toBe((100 * report.scores.ok) / report.scores.due)
  })

  it('says how long each figure was where, and what nobody measured', () => {
    for (const { goodMs, warningMs, criticalMs, noDataMs } of report.bands)
      expect(goodMs + warningMs + criticalMs + noDataMs).toBe(24 * HOUR)
    const p95 = report.bands.find(({ gate }) => gate === 'p95')
    expect(p95?.noDataMs).toBeGreaterThanOrEqual(HOUR)
    expect(p95?.criticalMs).toBeGreaterThan(20 * 60_000)
    expect(report.missing).toEqual(['part_measured'])
  })

  it('tells of the breaches that were open in the day: critical first, cut at its end', () => {
    expect(report.breaches).toMatchObject({ critical: 1, minor: 2, autoPause: true, autoPausedStrategies: 2 })
    expect(report.breaches.top.map(({ gate, durationS, endMs }) => [gate, durationS, endMs === null])).toEqual([
      ['p95', 39 * 60, false],
      ['staleness', 40 * 60, true],
      ['error_rate', 24 * 60, false],
    ])
    expect(report.summary).toMatchObject({ criticalPerDay: 1, minorPerDay: 2 })
  })

  it('stands where the rollout stood at the end of the day, not where it stands now', () => {
    expect(report.rollout).toMatchObject({ id: 'rollout-1', phase: 'live', share: 0.5, step: '50 %', ceiling: 0.5 })
    expect(report.next).toEqual({ code: 'raise_ceiling', share: 1 })
    // Every criterion is met, and there was a critical breach all the same.
    expect(report.success.every(({ met }) => met)).toBe(true)
    expect(report.actions.proposed).toEqual([{ code: 'watch', gate: null, floor: null }])
    expect(report.actions.taken.map(({ action }) => action)).toEqual([
      'rollout.advance',
      'rollout.counter_move',
      'rollout.promote',
      'rollout.advance',
    ])
  })

  it('takes the labels that ended in the day, and no others', () => {
    expect(report.calibration.labels).toBe(360)
    expect(report.parts.labels).toBe(360)
    expect(report.calibration.buckets.reduce((sum, { hits }) => sum + hits, 0)).toBe(report.calibration.hits)
    expect(report.success.find(({ name }) => name === 'collection')).toMatchObject({ met: true, value: 360 })
  })

  it('is the same when it is made again, and so is its evidence, byte for byte', async () => {
    const first = readFileSync(evidenceFile(house.deps.config.dataDir, DAY.id))
    const again = await makeReport(house.deps, about)
    expect(again.document).toEqual(report)
    expect(readFileSync(evidenceFile(house.deps.config.dataDir, DAY.id)).equals(first)).toBe(true)
  })

  it('has evidence that holds, and leaves nothing of one that was stopped', async () => {
    const { dataDir, signingKeyFile } = house.deps.config
    const key = createPublicKey(readFileSync(publicKeyFile(signingKeyFile)))
    const verdict = await verifyEvidence(evidenceFile(dataDir, DAY.id), key)
    expect(verdict).toMatchObject({ ok: true, problems: [], manifest: { report: DAY.id, modelVersion: 'ml-fusion-1.2' } })
    await expect(makeReport(house.deps, { ...about, id: 'stopped' }, () => true)).rejects.toThrow(ReportStopped)
    expect(readdirSync(reportsDir(dataDir))).toEqual([`${DAY.id}.zip`])
  })
})

it('a fresh installation has no figure, says what is missing, and has evidence of that', async () => {
  const house = await openHouse(temporaryFolder())
  const { document: report } = await makeReport(house.deps, about)
  expect([...Value.Errors(ReportDocument, report)]).toEqual([])
  expect(report.summary).toEqual({
    p95Ms: null,
    stalenessMaxS: null,
    errorRatePercent: null,
    hitRatePercent: null,
    confidMedian: null,
    deadLettersMax: null,
    criticalPerDay: 0,
    minorPerDay: 0,
  })
  expect(report.calibration).toEqual({ labels: 0, hits: 0, buckets: [] })
  expect(report.parts).toMatchObject({ labels: 0, shares: null, balance: null })
  expect(report.balance).toEqual({ buckets: [], verdict: null })
  expect(report.rollout).toBeNull()
  expect(report.missing).toEqual(['no_slices', 'no_labels', 'no_rollout'])
  expect(report.success.filter(({ met }) => met).map(({ name }) => name)).toEqual(['breaches'])
  expect(existsSync(evidenceFile(house.deps.config.dataDir, DAY.id))).toBe(true)
  await house.close()
})

it('a report that may miss breaches says so, has no rate and does not meet the criterion; of a later time it is whole', async () => {
  const house = await openHouse(temporaryFolder())
  await fillDay(house, { due: 6, labels: 40, scoreRows: 0 })
  await loseBreaches(house, 1)
  const { report } = await gatherReport(house.deps, about, null)
  expect([...Value.Errors(ReportDocument, report)]).toEqual([])
  expect(report.missing).toEqual(['part_measured', 'part_breaches'])
  expect(report.breaches).toMatchObject({ critical: 1, minor: 2 })
  expect(report.summary).toMatchObject({ criticalPerDay: null, minorPerDay: null })
  expect(report.success.find(({ name }) => name === 'breaches')).toMatchObject({ met: false, value: null })
  const text = reportMarkdown(report, { reviewed: null, approved: null }, 'en')
  expect(text).toContain('- **Critical:** ≥ 1 (')
  expect(text).toContain('the newest 20 breaches that are over')
  // The oldest that is kept ended at 10:40.
  const period = { kind: 'last', fromMs: DAY_FROM_MS + 640 * 60_000, toMs: DAY_TO_MS } as const
  const { report: later } = await gatherReport(house.deps, { ...about, period }, null)
  expect(later.missing).not.toContain('part_breaches')
  expect(later.success.find(({ name }) => name === 'breaches')).toMatchObject({ met: true, value: 2 })
  await house.close()
})

it('a rollout that had ended before the period leaves the champion to report of, one that ended in it does not', async () => {
  const house = await openHouse(temporaryFolder())
  await fillDay(house, { due: 6, labels: 40, scoreRows: 0 })
  const { db, rollouts } = house.deps
  const derived = deriveModel(ML_FUSION_1_2, { rsi: 2, macd: 1, trend: 1 }, sha256)
  if (!derived.ok) throw new Error(derived.problem)
  const models = createModelStore(db)
  await models.put(derived.model, modelHash(derived.model, sha256), DAY_FROM_MS)
  await models.setAlias('champion', derived.model.version, DAY_FROM_MS)
  const modelWhenEndedAt = async (endedMs: number) => {
    const [rollout] = await rollouts.list(1)
    if (rollout === undefined) throw new Error('the day is not filled')
    const state = { ...rollout.state, phase: 'rolled_back', endedMs } as const
    await db.transaction().execute((trx) => rollouts.saveState(trx, rollout.id, state, DAY_TO_MS))
    return (await gatherReport(house.deps, about, null)).report.model.version
  }
  expect(await modelWhenEndedAt(DAY_FROM_MS)).toBe(derived.model.version)
  expect(await modelWhenEndedAt(DAY_FROM_MS + 1)).toBe(ML_FUSION_1_2.version)
  await house.close()
})

it('what was done more often than a report lists is counted, and said; every strategy that was paused counts', async () => {
  const house = await openHouse(temporaryFolder())
  const many = Array.from({ length: 700 }, (_, at) => DAY_FROM_MS + at * 60_000)
  const paused = (ts: number) => ({ ...decided(ts, 'strategy.auto_paused', {}), strategyId: `s-${ts}` })
  await appendAudit(house.deps.config.dataDir, 'orders', [
    many.map((ts) => decided(ts, 'settings.applied', { changes: [], reason: `look ${ts}`, notes: [] })),
    many.map(paused),
  ])
  const { report } = await gatherReport(house.deps, about, null)
  expect([...Value.Errors(ReportDocument, report)]).toEqual([])
  expect(report.actions.taken.map(({ ts }) => ts)).toEqual(many.slice(-200))
  expect(report.actions.more).toBe(500)
  expect(report.breaches.autoPausedStrategies).toBe(700)
  const text = reportMarkdown(report, { reviewed: null, approved: null }, 'en')
  expect(text).toContain('- and 500 before these, which decisions.json of the evidence has')
  await house.close()
})

it('an override stands in the report with its reason and with both people', async () => {
  const house = await openHouse(temporaryFolder())
  await fillDay(house, { due: 6, labels: 40, scoreRows: 0 })
  const { db, config, outbox } = house.deps
  const clock = new ManualClock(DAY_TO_MS - HOUR)
  const all = { stores: createTradingStores(db), config: loadConfig({}), clock, random: systemRandomness }
  const parts = { ...rolloutPartsOf(all), clock }
  const who = (actor: string) => ({ actor, traceId: systemRandomness.traceId() })
  const ask = await askOverride(parts, 'the exchange was down', who('ada'))
  if ('problem' in ask) throw new Error(ask.problem)
  expect(await agreeToOverride(parts, ask.id, who('grace'))).toMatchObject({
    outcome: { state: { override: { second: 'grace' } } },
  })
  await appendAudit(config.dataDir, 'orders', [(await outbox.next(10)).map(({ event }) => event)])
  const { report } = await gatherReport(house.deps, about, null)
  const linesIn = (language: 'en' | 'tr') =>
    reportMarkdown(report, { reviewed: null, approved: null }, language)
      .split('\n')
      .filter((line) => line.includes('the exchange was down'))
  expect(linesIn('en')).toEqual(['- 2026-01-31 23:00 UTC: rollout.override (grace): override by ada: the exchange was down'])
  expect(linesIn('tr')).toEqual(['- 2026-01-31 23:00 UTC: rollout.override (grace): üstüne karar (ada): the exchange was down'])
  await house.close()
})

it('the floor and the champion of an older day are those of its end, whatever was changed since', async () => {
  const house = await openHouse(temporaryFolder())
  const { db, config } = house.deps
  const derived = deriveModel(ML_FUSION_1_2, { rsi: 2, macd: 1, trend: 1 }, sha256)
  if (!derived.ok) throw new Error(derived.problem)
  const models = createModelStore(db)
  await models.put(derived.model, modelHash(derived.model, sha256), DAY_FROM_MS)
  const reported = async (period: ReportPeriod = DAY.period) => {
    const kept: Record<string, object> = {}
    const file = async (name: string, content: object) => void (kept[name] = content)
    const lines = async (_name: string, all: AsyncIterable<object>) => {
      const rows = all[Symbol.asyncIterator]()
      while ((await rows.next()).done !== true);
    }
    const { report } = await gatherReport(house.deps, { ...about, period }, { file, lines })
    return [(kept['config.json'] as { floor: { base: number } }).floor.base, report.model.version]
  }
  const applied = (ts: number, name: string, before: string, after: string) =>
    decided(ts, 'settings.applied', { changes: [{ name, before, after }], reason: 'to see', notes: [] })
  const becomes = (ts: number, before: string, after: string) => decided(ts, 'model.champion', { before, after })
  const next = DAY_TO_MS
  // Nobody has applied a floor yet: it is the default.
  expect(await reported()).toEqual([0.55, ML_FUSION_1_2.version])
  await db
    .transaction()
    .execute((trx) =>
      createLiveSettingStore(db).put(trx, { name: 'ML_CONFID_FLOOR', value: '0.7', actor: 'ada', changedAt: next + 20 }),
    )
  await models.setAlias('champion', derived.model.version, next + 5)
  const inDay = [applied(DAY_FROM_MS + 1, 'ML_CONFID_FLOOR', '0.55', '0.6')]
  const first = [
    applied(next, 'POLL_INTERVAL_MS', '15000', '20000'),
    becomes(next + 5, ML_FUSION_1_2.version, derived.model.version),
  ]
  const second = [applied(next + 10, 'ML_CONFID_FLOOR', '0.6', '0.65'), applied(next + 20, 'ML_CONFID_FLOOR', '0.65', '0.7')]
  const { outbox } = house.deps
  await outbox.add(db, [...inDay, ...first, ...second])
  const holds = async () => {
    expect(await reported()).toEqual([0.6, ML_FUSION_1_2.version])
    const hour = { kind: 'last', fromMs: next - HOUR } as const
    expect(await reported({ ...hour, toMs: next + 20 })).toEqual([0.65, derived.model.version])
    expect(await reported({ ...hour, toMs: next + 21 })).toEqual([0.7, derived.model.version])
  }
  // Nothing is in the audit yet, then some, then all.
  await holds()
  await appendAudit(config.dataDir, 'orders', [inDay, first])
  await outbox.removeUpTo(3)
  await holds()
  await appendAudit(config.dataDir, 'orders', [second])
  await holds()
  await outbox.removeUpTo(5)
  await holds()
  await house.close()
})
