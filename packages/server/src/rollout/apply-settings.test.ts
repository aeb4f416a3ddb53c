import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { installModels } from '../champion.ts'
import { loadConfig } from '../config.ts'
import { settingTexts, type SettingValues } from '../live-settings.ts'
import { systemRandomness } from '../random.ts'
import { createProcessReportStore } from '../storage/process-report-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { applySettings, type Applied, type ApplyDeps } from './apply-settings.ts'
import { readRolloutNow } from './rollout-now.ts'
import { applyDepsOf } from './rollout-parts.ts'
import { WHO, rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'
import { startConfigured } from './start-configured.ts'
import { obeyEnvironment } from './starting-environment.ts'

let stage: RolloutStage & { close(): Promise<void> }
let deps: ApplyDeps
let config: ReturnType<typeof loadConfig>
beforeEach(async () => {
  stage = await rolloutStage()
  config = loadConfig({ SPARK_DATA_DIR: stage.folder })
  const stores = createTradingStores(stage.parts.stores.db)
  deps = applyDepsOf({ stores, config, clock: stage.clock, random: systemRandomness }, settingTexts(config))
  await installModels(deps.models, null, 1)
})
afterEach(() => stage.close())

const apply = async (values: SettingValues): Promise<Applied> => {
  const answer = await applySettings(deps, values, { ...WHO, reason: 'a test' })
  if ('problems' in answer) throw new Error(answer.problems.join('; '))
  return answer
}
const refused = async (values: SettingValues) => {
  const answer = await applySettings(deps, values, { ...WHO, reason: 'a test' })
  return 'problems' in answer ? answer.problems : []
}
const now = () =>
  readRolloutNow({ config, stores: deps.parts.stores, settings: deps.settings }, deps.parts.stores.db, stage.clock.nowMs())
const audited = async () =>
  (await stage.events()).map(({ event }) => event.action).filter((action) => action !== 'controller.tick')

describe('applying FEATURE_ML_SCORING', () => {
  beforeEach(async () => {
    await stage.begin({ ceiling: 0.1 })
    await stage.tick(16)
  })

  it('a higher share raises the ceiling and exposes nobody', async () => {
    expect(await apply({ FEATURE_ML_SCORING: '0.5' })).toMatchObject({
      changes: [{ name: 'FEATURE_ML_SCORING', before: 'preview', after: '0.5' }],
      notes: ['the approved ceiling is 50 %; exposure rises only as the gates allow'],
    })
    expect(await stage.state()).toMatchObject({ phase: 'live', step: 1, ceiling: 0.5 })
    expect(await stage.exposed()).toBe(2)
    expect((await apply({ FEATURE_ML_SCORING: '0.5' })).changes).toEqual([])
  })

  it('a lower one takes exposure back at once, in the same transaction', async () => {
    const { decided, notes } = await apply({ FEATURE_ML_SCORING: 'preview' })
    expect(decided?.epoch).toBe(2)
    expect(notes).toEqual(['the approved ceiling is preview; 10 % was taken back, it is preview-only'])
    expect(await stage.state()).toMatchObject({ phase: 'preview_only', ceiling: 0 })
    expect(await stage.exposed()).toBe(0)
  })

  it('0 rolls back: ML is off, and stays off until a new rollout begins', async () => {
    const { decided } = await apply({ FEATURE_ML_SCORING: '0' })
    expect(decided).toMatchObject({ epoch: 2, rollout: { state: { phase: 'rolled_back' } } })
    expect((await now()).mode).toBe('off')
    expect((await apply({ FEATURE_ML_SCORING: 'preview' })).notes).toEqual([
      'no rollout is under way: spark rollout start begins one, in preview',
    ])
    expect((await now()).mode).toBe('off')
    expect((await audited()).slice(-3)).toEqual(['rollout.rollback', 'settings.applied', 'settings.applied'])
  })
})

it('floor and interval count at once, with who and why in the audit', async () => {
  await stage.begin()
  await apply({ ML_CONFID_FLOOR: '0.65', POLL_INTERVAL_MS: '90000' })
  expect(await now()).toMatchObject({ floor: 0.65, baseFloor: 0.65, pollIntervalMs: 90_000 })
  const { event } = (await stage.events()).at(-1) ?? {}
  expect(event).toMatchObject({
    action: 'settings.applied',
    actor: 'ada',
    context: {
      reason: 'a test',
      changes: [
        { name: 'ML_CONFID_FLOOR', before: '0.55', after: '0.65' },
        { name: 'POLL_INTERVAL_MS', before: '60000', after: '90000' },
      ],
    },
  })
})

it('one wrong value refuses all, and so does an interval that would leave the gates without data', async () => {
  await stage.begin()
  expect(await refused({ ML_CONFID_FLOOR: '0.6', POLL_INTERVAL_MS: 'soon' })).toEqual([
    expect.stringContaining('POLL_INTERVAL_MS is "soon"'),
  ])
  expect(await refused({ FEATURE_ML_SCORING: '2' })).toEqual([expect.stringContaining('a share from 0.1 to 1.0')])
  expect(await refused({ ML_CONFID_FLOOR: ' ' })).toEqual(['ML_CONFID_FLOOR is empty'])
  expect(await refused({})).toEqual([expect.stringContaining('nothing to apply')])
  expect(await refused({ POLL_INTERVAL_MS: '3600000' })).toContainEqual(expect.stringContaining('2 strategies × 300 s / 3600 s'))
  expect(await deps.settings.list()).toEqual([])
})

describe('weights', () => {
  it('make a model that only a new rollout tries, and that begins in preview', async () => {
    const { notes } = await apply({ ML_SIGNAL_WEIGHTS: '0.5,0.3,0.2' })
    const version = /ml-fusion-1\.2\+w\.[0-9a-f]{8}/.exec(notes[0] ?? '')?.[0] ?? ''
    expect(notes[0]).toContain('from preview on: spark rollout start')
    expect((await now()).modelVersion).toBeNull()
    const start = { ceiling: 0, model: null, reason: 'try the weights' }
    expect(await startConfigured({ ...deps, config }, start, WHO)).toMatchObject({
      started: { frozen: { modelVersion: version }, state: { phase: 'preview' } },
    })
    expect(await now()).toMatchObject({ modelVersion: version, mode: 'preview' })
  })

  it('that the champion has already change nothing', async () => {
    expect((await apply({ ML_SIGNAL_WEIGHTS: '0.33,0.33,0.33' })).notes[0]).toContain(`of the champion ${ML_FUSION_1_2.version}`)
    expect(await deps.models.list()).toHaveLength(1)
  })
})

it('who starts a rollout with another canary stream than a running executor scores in preview is refused, and told of both', async () => {
  const reports = createProcessReportStore(stage.parts.stores.db)
  const report = { pid: 1, buildSha: 'b', version: '1', schemaHash: 's', modelHash: 'm', reportedAt: stage.clock.nowMs() }
  await reports.report({ ...report, process: 'executor', canary: 'ETHUSDT-1h' })
  await reports.report({ ...report, process: 'api-1', canary: null })
  const start = { ceiling: 0, model: null, reason: 'again' }
  const begin = () => startConfigured({ ...deps, config }, start, WHO)
  expect(await begin()).toEqual({
    problems: [expect.stringMatching(/^executor scores ETHUSDT-1h in preview, .* BTCUSDT-1h first: .*CANARY_SYMBOL/)],
  })
  expect(await stage.parts.stores.rollouts.newest()).toBeNull()
  await reports.report({ ...report, process: 'executor', canary: 'BTCUSDT-1h' })
  // One that does not report any more is not there.
  await reports.report({ ...report, process: 'b.executor', canary: 'ETHUSDT-1h', reportedAt: stage.clock.nowMs() - 15_001 })
  expect(await begin()).toHaveProperty('started')
})

it('who starts a rollout after ML was off wants it scored', async () => {
  await apply({ FEATURE_ML_SCORING: '0' })
  expect((await now()).mode).toBe('off')
  const start = { ceiling: 0.5, model: null, reason: 'again' }
  expect(await startConfigured({ ...deps, config }, start, WHO)).toHaveProperty('started')
  expect(await now()).toMatchObject({ mode: 'preview', rollout: { state: { ceiling: 0.5 } } })
  expect(await startConfigured({ ...deps, config }, { ...start, model: 'nobody' }, WHO)).toEqual({
    problems: ['there is no model nobody'],
  })
})

describe('the environment of a start', () => {
  const obey = (explicit: SettingValues) => obeyEnvironment(deps, explicit, WHO)

  it('lowers exposure', async () => {
    await stage.begin({ ceiling: 0.5 })
    await stage.tick(16)
    expect(await obey({ FEATURE_ML_SCORING: 'preview' })).toMatchObject({
      messages: [],
      applied: { changes: [{ after: 'preview' }] },
    })
    expect(await stage.state()).toMatchObject({ phase: 'preview_only', ceiling: 0 })
    expect((await obey({ FEATURE_ML_SCORING: '0' })).applied?.decided?.rollout.state.phase).toBe('rolled_back')
  })

  it('never raises it, and says how that is approved', async () => {
    await stage.begin({ ceiling: 0.1 })
    await stage.tick(16)
    const { applied, messages } = await obey({ FEATURE_ML_SCORING: '1.0' })
    expect(applied).toBeNull()
    expect(messages).toEqual([expect.stringMatching(/1\.0 is more than what is approved \(0\.1\).*deploy\.sh --rolling/)])
    await apply({ FEATURE_ML_SCORING: '0' })
    expect((await obey({ FEATURE_ML_SCORING: 'preview' })).messages).toEqual([expect.stringContaining('approved (off)')])
    expect((await now()).mode).toBe('off')
  })

  it('counts as long as nothing was applied; after that it may raise the floor and nothing else', async () => {
    expect(await obey({ FEATURE_ML_SCORING: '1.0', ML_CONFID_FLOOR: '0.3', POLL_INTERVAL_MS: '5000' })).toEqual({
      applied: null,
      messages: [],
    })
    await apply({ ML_CONFID_FLOOR: '0.6', POLL_INTERVAL_MS: '60000' })
    expect((await obey({ ML_CONFID_FLOOR: '0.7' })).applied?.changes).toEqual([
      { name: 'ML_CONFID_FLOOR', before: '0.6', after: '0.7' },
    ])
    const { applied, messages } = await obey({ ML_CONFID_FLOOR: '0.55', POLL_INTERVAL_MS: '5000' })
    expect(applied).toBeNull()
    expect(messages.map((text) => text.split(' ')[0])).toEqual(['ML_CONFID_FLOOR=0.55', 'POLL_INTERVAL_MS=5000'])
  })
})
