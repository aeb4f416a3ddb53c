import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ExecutorHealth } from '@spark/contract/health'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { installModels, modelWithWeights } from '../champion.ts'
import { loadConfig } from '../config.ts'
import { createTriageRunner } from '../controller/run-triage.ts'
import { freePort } from '../free-port-fixture.ts'
import { listenExecutor } from '../executor/http.ts'
import { settingTexts } from '../live-settings.ts'
import { JOB_NAMES } from '../jobs/schedule.ts'
import { createLog, createRecentLines } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { applyDepsOf } from '../rollout/rollout-parts.ts'
import { WHO, rolloutStage, type RolloutStage } from '../rollout/rollout-stage-fixture.ts'
import { sloMetrics } from '../slo-slices.ts'
import type { AuditEvent } from '../storage/audit/audit-event.ts'
import { openAuditReader, type AuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { createJobRunStore } from '../storage/job-run-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import type { TriageMoveName } from '@spark/contract/triage'
import { emptySloCounts } from '@spark/core/rollout/slo'
import { recordValue } from '@spark/core/stats/histogram'
import { triageDepsOf } from './triage-parts.ts'
import type { TriageDeps } from './triage-deps.ts'
import { makeMove } from './triage.ts'

let stage: RolloutStage & { close(): Promise<void> }
let reader: AuditReader
let deps: TriageDeps
let stopHttp: (() => Promise<void>) | null
let health: () => Promise<ExecutorHealth>
let lines: string[]
beforeEach(async () => {
  stage = await rolloutStage()
  const port = await freePort()
  const config = loadConfig({ SPARK_DATA_DIR: stage.folder, EXECUTOR_URL: `http://127.0.0.1:${port}` })
  const stores = createTradingStores(stage.parts.stores.db)
  const { clock } = stage
  const apply = applyDepsOf({ stores, config, clock, random: systemRandomness }, settingTexts(config))
  await installModels(apply.models, null, 1)
  reader = openAuditReader({ dataDir: stage.folder, thread: false })
  deps = triageDepsOf({ config, clock, stores, apply, auditReader: reader, executorToken: 'right' })
  lines = []
  health = () => Promise.resolve(healthNow({}))
  stopHttp = await listenExecutor({
    host: '127.0.0.1',
    port,
    allowedHosts: [],
    buildSha: 'abc',
    random: systemRandomness,
    isAuthorized: (authorization) => authorization === 'Bearer right',
    metrics: () => Promise.resolve(''),
    health: () => health(),
    logs: () => lines,
    streams: () => [{ stream: 'BTCUSDT-1h', candles: 120, lastClosedTs: 1, lastMessageAgeS: 1, problem: '120 of 250 candles' }],
  })
})
afterEach(async () => {
  await stopHttp?.()
  await reader.close()
  await stage.close()
})

const healthNow = (other: Partial<ExecutorHealth>): ExecutorHealth => ({
  ok: true,
  buildSha: 'abc',
  version: '1.5.0',
  process: 'executor',
  pid: 0,
  uptimeS: 5,
  ts: stage.clock.nowMs(),
  feed: { name: 'sim', lastMessageAgeS: 0.4, lastMessageAt: stage.clock.nowMs() - 400, warmStreams: 1, streams: 1 },
  strategies: 20,
  lastScoreAgeS: 1,
  ...other,
})
const move = (name: TriageMoveName, value: string | null = null) => makeMove(deps, name, { value, reason: 'a test', who: WHO })
const lastEvent = async () => (await stage.events()).at(-1)?.event

async function wrote(...events: AuditEvent[]): Promise<void> {
  const writer = await openAuditWriter({ dataDir: stage.folder, writer: 'api-1', clock: stage.clock })
  await writer.appendAll(events)
  await writer.close()
}

describe('a move', () => {
  it('that changes something is audited with who, why, before and after', async () => {
    await stage.begin()
    expect(await move('floor')).toMatchObject({
      ok: true,
      findings: ['ML_CONFID_FLOOR 0.55 → 0.6, at once and without a restart'],
    })
    expect(await lastEvent()).toMatchObject({
      action: 'triage.floor',
      actor: 'ada',
      context: { reason: 'a test', before: { ML_CONFID_FLOOR: '0.55' }, after: { ML_CONFID_FLOOR: '0.6' } },
    })
    expect(await move('floor', '0.65')).toMatchObject({ after: { ML_CONFID_FLOOR: '0.65' } })
    // Not beyond the plan's highest.
    expect(await move('floor')).toMatchObject({ findings: ['this is what was applied last: nothing changes'] })
    expect(await move('poll')).toMatchObject({ before: { POLL_INTERVAL_MS: '60000' }, after: { POLL_INTERVAL_MS: '90000' } })
    expect(await move('poll', 'soon')).toMatchObject({ code: 'setting_refused' })
  })

  it('to preview-only is the brake itself', async () => {
    expect(await move('preview-only')).toMatchObject({ code: 'no_rollout' })
    await stage.begin()
    await stage.tick(16)
    expect(await move('preview-only')).toMatchObject({ before: { phase: 'live' }, after: { phase: 'preview_only', epoch: 2 } })
    expect(await stage.exposed()).toBe(0)
    expect(await move('preview-only')).toMatchObject({ code: 'rollout_refused' })
  })
})

describe('the executor', () => {
  it('is pinged with the time it takes', async () => {
    const found = await move('ping')
    expect(found).toMatchObject({ ok: true, detail: { latencyMs: expect.any(Number) as number } })
    expect(found).toHaveProperty('findings.0', expect.stringMatching(/^the executor answered in \d+ ms and is ok$/))
    health = () => Promise.resolve(healthNow({ ok: false, reason: 'disk_full' }))
    expect(await move('ping')).toMatchObject({
      ok: false,
      findings: [expect.stringContaining('not ok: disk_full'), expect.anything(), expect.anything()],
    })
  })

  it('that does not answer is said to be restarted', async () => {
    await stopHttp?.()
    stopHttp = null
    expect(await move('ping')).toMatchObject({ ok: false, findings: [expect.stringMatching(/cannot be reached: restart it/)] })
    expect(await move('restart')).toMatchObject({ ok: false })
  })

  it('is asked to stop when it is one of this machine, and nothing else is', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
    health = () => Promise.resolve(healthNow({ pid: child.pid ?? 0, process: 'api-1' }))
    expect(await move('restart')).toMatchObject({ ok: false, findings: [expect.stringContaining('not the executor')] })
    health = () => Promise.resolve(healthNow({ pid: child.pid ?? 0 }))
    expect(await move('restart')).toMatchObject({ ok: true, before: { pid: child.pid } })
    expect(await ended).toBe('SIGTERM')
  })

  it('whose clock, or whose last market message, is apart is found', async () => {
    expect(await move('drift')).toMatchObject({ ok: true })
    deps = { ...deps, realNowMs: () => Date.now() - 7000 }
    expect(await move('drift')).toMatchObject({
      ok: false,
      findings: [
        expect.anything(),
        expect.stringMatching(/^the database's clock is \d{4} ms ahead of this process: APART$/),
        expect.anything(),
      ],
    })
    deps = { ...deps, realNowMs: () => Date.now() }
    health = () => Promise.resolve(healthNow({ ts: stage.clock.nowMs() - 5000 }))
    expect(await move('drift')).toMatchObject({
      ok: false,
      findings: [
        expect.stringMatching(/^the executor's clock is \d{4} ms behind this process: APART$/),
        expect.anything(),
        expect.anything(),
      ],
    })
    const feed = { name: 'sim', lastMessageAgeS: 61, lastMessageAt: stage.clock.nowMs() - 61_000, warmStreams: 1, streams: 1 }
    health = () => Promise.resolve(healthNow({ feed }))
    expect(await move('drift')).toMatchObject({
      ok: false,
      findings: [expect.anything(), expect.anything(), expect.stringContaining('STALE')],
    })
  })
})

it('jobs that failed, are late or do not end are named', async () => {
  const runs = createJobRunStore(stage.parts.stores.db)
  const nowMs = stage.clock.nowMs()
  expect(await move('jobs')).toMatchObject({
    ok: true,
    findings: [expect.stringContaining('every job ran'), ...JOB_NAMES.map(() => expect.stringContaining('has not run here yet'))],
  })
  await runs.end(await runs.begin('backup', nowMs - 1000), 'failed', 'the disk is full', nowMs)
  await runs.end(await runs.begin('gap-repair', nowMs - 2 * 3_600_000), 'done', 'all', nowMs - 7_000_000)
  await runs.begin('integrity', nowMs - 2 * 3_600_000)
  const found = await move('jobs')
  expect(found).toMatchObject({ ok: false })
  expect(found).toHaveProperty(
    'findings',
    expect.arrayContaining([
      'backup failed: the disk is full',
      expect.stringMatching(/^gap-repair is late: it was due at 2026-01-04T22:20/),
      expect.stringMatching(/^integrity has not ended/),
    ]),
  )
})

describe('the audit', () => {
  const score = (at: number, other: Partial<AuditEvent>, context: Record<string, unknown> = {}): AuditEvent => ({
    ts: stage.clock.nowMs() - at,
    action: 'ml.score',
    actor: 'executor',
    result: 'ok',
    ...other,
    context: {
      score: 0.2,
      confid: 0.65,
      reasons: [],
      ml_signal_parts: { rsi: 0.6, macd: 0, trend: 0 },
      feature: { symbol: 'BTCUSDT', tf: '1h' },
      ...context,
    },
  })
  it('gives its most frequent errors of a window', async () => {
    expect(await move('errors')).toMatchObject({ ok: true, findings: ['no error in 0 audit rows of the last 15 min'] })
    const err = (at: number, code: string) => score(at, { result: 'err', _err: code })
    await wrote(
      err(3_600_000, 'stale_feature'),
      err(9000, 'invalid_feature'),
      err(8000, 'invalid_feature'),
      err(7000, 'stale_feature'),
      score(1, {}),
    )
    expect(await move('errors')).toMatchObject({
      ok: false,
      findings: [
        '3 errors in 4 audit rows of the last 15 min, 2 kinds',
        expect.stringMatching(/^invalid_feature × 2, last at .* by ml\.score$/),
        expect.stringMatching(/^stale_feature × 1/),
      ],
    })
    expect(await move('errors', '90')).toMatchObject({
      findings: expect.arrayContaining([expect.stringContaining('stale_feature × 2')]) as string[],
    })
    expect(await move('errors', 'all')).toMatchObject({ code: 'bad_request' })
  })

  it('says of each stream that should be scored why it is not, with the last lines of the log', async () => {
    await stage.begin()
    lines = ['{"level":"warn","msg":"score timed out"}']
    expect(await move('signals')).toMatchObject({
      ok: false,
      findings: [
        '0 of 1 streams are scored',
        'BTCUSDT-1h, 20 strategies: no score among the newest 1000; the executor has no row: 120 of 250 candles',
        'log: {"level":"warn","msg":"score timed out"}',
      ],
    })
    await wrote(score(1000, {}), score(500, { actor: 'operator', result: 'err', _err: 'invalid_feature' }))
    expect(await move('signals')).toMatchObject({
      ok: true,
      findings: [
        '1 of 1 streams are scored',
        expect.stringContaining('score 0.200, confidence 0.650, rsi 0.600 macd 0.000 trend 0.000'),
        expect.anything(),
      ],
    })
    await wrote(score(100, { result: 'err', _err: 'stale_feature' }, { reasons: ['stale_feature'] }))
    expect(await move('signals')).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.stringContaining('not scored: stale_feature')]) as string[],
    })
  })

  it('lets equal weights be compared with what is scored, and applies nothing', async () => {
    expect(await move('weights')).toMatchObject({ ok: true, findings: [expect.stringContaining('equal weights already')] })
    const trend = await modelWithWeights(deps.apply.models, { rsi: 0, macd: 0, trend: 1 }, 1)
    await stage.begin({ model: trend ?? { version: '', hash: '' } })
    await wrote(score(1000, {}), score(900, {}))
    const found = await move('weights')
    expect(found).toMatchObject({ ok: true, before: { model: trend?.version }, after: null })
    expect(found).toHaveProperty(
      'findings.1',
      'of the newest 2 scores 2 would be decided otherwise, median confidence 0.500 → 0.646',
    )
    expect(await deps.apply.models.aliases()).toEqual({ champion: ML_FUSION_1_2.version })
    expect(await deps.apply.settings.list()).toEqual([])
  })
})

describe('a marker', () => {
  const path = () => join(stage.folder, 'calibration_markers.csv')

  it('is a line of its own in a file of one owner, whoever writes at the same time', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, at) => move('marker', `note at=${at}`)))
    const text = readFileSync(path(), 'utf8')
    expect(text.split('\n').slice(0, -1).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, at) => `2026-01-05T00:00:00Z,note,at=${at}`).toSorted(),
    )
    expect(statSync(path()).mode & 0o777).toBe(0o600)
  })

  it('without a value tells the median confidence of now', async () => {
    const counts = { ...emptySloCounts(), due: 3 }
    recordValue(counts.confid, 0.38, 3)
    const slice = { sliceTs: stage.clock.nowMs() - 60_000, counts }
    await createMetricSliceStore(stage.parts.stores.db).seal({
      sliceTs: slice.sliceTs,
      source: 'executor',
      metrics: sloMetrics(slice),
    })
    await move('marker')
    expect(readFileSync(path(), 'utf8')).toMatch(/^2026-01-05T00:00:00Z,low_confidence_period,median_confid=0\.\d+\n$/)
  })

  it('may be of another time, to leave it out of the calibration', async () => {
    await move('marker', '2026-01-04T00:00:00Z leave_out hours=6')
    expect(readFileSync(path(), 'utf8')).toBe('2026-01-04T00:00:00Z,leave_out,hours=6\n')
    expect(await move('marker', 'leave_out reason=venue')).toMatchObject({ code: 'bad_request' })
  })

  it.each(['a b', 'kind key=1,2', 'kind key=1\nx y=2', '=x y=1', 'kind key='])('%j is none', async (value) => {
    expect(await move('marker', value)).toMatchObject({ code: 'bad_request' })
    expect(() => statSync(path())).toThrow('ENOENT')
  })
})

it('people are told through the channels that are set up', async () => {
  expect(await move('notify', 'hello')).toMatchObject({ ok: false, findings: [expect.stringContaining('no channel is set up')] })
  deps = { ...deps, config: { ...deps.config, slackWebhookUrl: 'https://hooks.example/x' } }
  expect(await move('notify', ' ')).toMatchObject({ code: 'bad_request' })
  expect(await move('notify', 'canary is slow')).toMatchObject({
    ok: true,
    after: { channels: ['slack'], message: 'canary is slow' },
  })
  const [job] = await stage.parts.queue.lease('notification', { limit: 5, leaseMs: 1000 })
  expect(job?.payload).toMatchObject({ channel: 'slack', severity: 'info', message: 'canary is slow' })
})

it('moves of the controller are made after its decision, each audited, and a failure stops none', async () => {
  await stage.begin()
  const recent = createRecentLines()
  const broken = { ...deps, jobRuns: { last: () => Promise.reject(new Error('a defect')) } }
  const runner = createTriageRunner({ deps: broken, log: createLog('test', 'fatal', recent), random: systemRandomness })
  runner.run([
    { kind: 'triage', move: 'check_jobs', gate: 'staleness' },
    { kind: 'expose', share: 0 },
    { kind: 'triage', move: 'calibration_marker', gate: 'confid_median' },
  ])
  await runner.stop()
  expect(await lastEvent()).toMatchObject({
    action: 'triage.marker',
    actor: 'controller',
    context: { reason: 'the gate confid_median is critical' },
  })
  expect((await stage.events()).filter(({ event }) => event.action.startsWith('triage.'))).toHaveLength(1)
})
