import { createEvidence } from '@spark/core/calibration/verdict'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../config.ts'
import { createLiveSettingStore } from '../storage/live-setting-store.ts'
import { createProcessReportStore, type ProcessReport } from '../storage/process-report-store.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'
import { tickFacts } from './tick-facts.ts'

let stage: RolloutStage & { close(): Promise<void> }
beforeEach(async () => {
  stage = await rolloutStage()
  await stage.begin()
})
afterEach(() => stage.close())

async function facts() {
  const { clock, parts } = stage
  const { db, rollouts } = parts.stores
  const rollout = await rollouts.newest()
  return tickFacts(
    {
      config: loadConfig({ CANARY_SYMBOL: 'BTCUSDT', CANARY_TIMEFRAME: '1h' }),
      stores: createTradingStores(db),
      settings: createLiveSettingStore(db),
      reports: createProcessReportStore(db),
      clock,
      topErrors: () => [],
    },
    db,
    rollout?.frozen.modelVersion ?? '',
  )
}

async function set(ids: readonly string[], status: 'running' | 'paused' | 'stopped', reason: string | null): Promise<void> {
  const { strategies, db } = stage.parts.stores
  for (const id of ids) await strategies.setStatus(db, id, status, reason, stage.clock.nowMs())
}
const ALL = Array.from({ length: 20 }, (_, at) => `s-${at}`)

it('while all run nobody is missed', async () => {
  const known = await facts()
  expect(known.risk).toBeNull()
  expect(known).not.toHaveProperty('nobodyAsks')
})

it('strategies that a limit paused make risk not free, with the limit and how many; those that a person paused do not', async () => {
  await set(['s-3'], 'paused', 'news')
  expect((await facts()).risk).toBeNull()
  await set(['s-4', 's-5'], 'paused', 'risk_drawdown')
  const known = await facts()
  expect(known.risk).toBe('2 strategies are paused by the drawdown limit, s-4 first')
  expect(known).not.toHaveProperty('nobodyAsks')
})

it('when all of the canary stream stand still nobody asks, and it is said why', async () => {
  await set(ALL, 'paused', 'risk_drawdown')
  await set(['s-1'], 'stopped', null)
  await set(['s-2'], 'paused', 'risk_daily_loss')
  await set(['s-3'], 'paused', 'news')
  expect((await facts()).nobodyAsks).toBe(
    'nobody asks for scores, whoever would stands still: 17 paused by the drawdown limit, 1 stopped, 1 paused by the daily loss limit, 1 paused by a person',
  )
})

it('while a share is live only those in it count', async () => {
  const { rollouts, db } = stage.parts.stores
  await rollouts.expose(db, ['s-1', 's-2'], stage.clock.nowMs())
  await set(['s-1', 's-2'], 'paused', 'risk_drawdown')
  expect((await facts()).nobodyAsks).toBe('nobody asks for scores, whoever would stands still: 2 paused by the drawdown limit')
})

const judged = (model: string, verdict: 'loses_after_costs' | 'worse_than_baseline') =>
  createTradingStores(stage.parts.stores.db).labels.saveEvidence(
    model,
    { evidence: createEvidence(DEFAULT_BARRIERS), roundsTo: 1, verdict, leftOut: [] },
    { fromTo: null, counted: [], nowMs: 1 },
  )

it('the verdict of a tick is that on the model of the rollout; worse than baseline rolls it back', async () => {
  expect((await facts()).verdict).toBe('unproven')
  await judged('another', 'worse_than_baseline')
  expect((await facts()).verdict).toBe('unproven')
  await judged('ml-fusion-1.2', 'worse_than_baseline')
  const { verdict } = await facts()
  expect(verdict).toBe('worse_than_baseline')
  await stage.tick(1, {}, { verdict })
  expect((await stage.state()).phase).toBe('rolled_back')
})

const HOSTS = ['a.api-1', 'a.executor', 'b.api-1', 'b.executor']
/** All of them report now, one of them `differs`. */
async function report(processes: readonly string[], odd?: string, differs: Partial<ProcessReport> = {}): Promise<void> {
  const same = {
    pid: 1,
    version: '1',
    buildSha: 'x',
    schemaHash: 'x',
    modelHash: 'x',
    canary: null,
    reportedAt: stage.clock.nowMs(),
  }
  const reports = createProcessReportStore(stage.parts.stores.db)
  for (const process of processes) await reports.report({ ...same, process, ...(process === odd && differs) })
}

it.each([
  ['build', { buildSha: 'y' }],
  ['schema', { schemaHash: 'y' }],
  ['model', { modelHash: 'y' }],
])('while a process of another host runs another %s exposure does not rise, and rises when all agree', async (what, differs) => {
  await report(HOSTS, 'b.api-1', differs)
  const { parity } = await facts()
  expect(parity).toBe(`a.api-1, a.executor, b.executor runs ${what} x; b.api-1 runs ${what} y`)
  await stage.tick(16, {}, { parity })
  expect(await stage.exposed()).toBe(0)
  expect((await stage.events()).at(-1)?.event.context).toMatchObject({
    decision: 'soak',
    reasons: [`the processes differ: ${parity}`],
  })
  await report(HOSTS)
  await stage.tick(1, {}, { parity: (await facts()).parity })
  expect(await stage.exposed()).toBe(2)
})

it('who has not reported for 15 s is not compared, and is again from its first report on; nobody at all is no agreement', async () => {
  await report(HOSTS, 'b.executor', { buildSha: 'y' })
  stage.clock.step(15_000)
  await report(HOSTS.slice(0, 3))
  expect((await facts()).parity).toContain('b.executor runs build y')
  stage.clock.step(1)
  expect((await facts()).parity).toBeNull()
  await report(['b.executor'], 'b.executor', { buildSha: 'y' })
  expect((await facts()).parity).toContain('b.executor runs build y')
  stage.clock.step(15_001)
  expect((await facts()).parity).toBe('no api has reported what it runs')
})
