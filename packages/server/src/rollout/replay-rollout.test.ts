import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { uniformSlice } from '@spark/core/rollout/slice-fixture'
import type { Command, TickFacts } from '@spark/core/rollout/outcome'
import { DEFAULT_PLAN, type RolloutPlan } from '@spark/core/rollout/plan'
import { ManualClock } from '../clock.ts'
import { systemRandomness } from '../random.ts'
import { loadConfig } from '../config.ts'
import { openMainDatabase, type MainDatabase } from '../storage/open-main-database.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { createTradingStores } from '../storage/trading-stores.ts'
import { commandRollout, decideRollout, type RolloutParts } from './decide-rollout.ts'
import { createRolloutReplay, type ReplayRow } from './replay-rollout.ts'
import { rolloutPartsOf } from './rollout-parts.ts'
import { replayAudit } from './replay-audit.ts'
import { startRollout } from './start-rollout.ts'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'

const START = Date.UTC(2026, 0, 5)
const MINUTE = 60_000
const FREE: TickFacts = { parity: null, risk: null, verdict: 'unproven', floor: 0.55, topErrors: [] }
/** Minutes in place of hours, and every gate within them. */
const PLAN: RolloutPlan = {
  ...DEFAULT_PLAN,
  steps: DEFAULT_PLAN.steps.map((step) => ({ ...step, dwellMs: 10 * MINUTE })),
  coolDownMs: 0,
}
let folder: string
let database: MainDatabase
let clock: ManualClock
let parts: RolloutParts
const who = { actor: 'ada', traceId: '0'.repeat(32) }

beforeEach(async () => {
  folder = temporaryFolder()
  database = await openMainDatabase({ path: join(folder, 'spark.db'), thread: false })
  clock = new ManualClock(START)
  const stores = createTradingStores(database.db)
  const config = loadConfig({ SPARK_DATA_DIR: folder })
  parts = rolloutPartsOf({ stores, config, clock, random: systemRandomness })
  const strategy = {
    symbol: 'BTCUSDT',
    tf: '1h',
    capital: '100',
    mode: 'paper',
    status: 'running',
    baseline: 'ema_cross',
  } as const
  const ids = Array.from({ length: 20 }, (_, at) => ({ ...strategy, id: `s-${at}`, name: `s-${at}`, exposed: false }))
  await stores.strategies.install(ids, START)
})
afterEach(() => database.close())

async function begin(): Promise<void> {
  const request = {
    plan: PLAN,
    canary: { symbol: 'BTCUSDT', tf: '1h' } as const,
    pollIntervalMs: 60_000,
    model: { version: 'ml-fusion-1.2', hash: 'h' },
    ceiling: 1,
    reason: 'a test',
  }
  expect(await startRollout(parts, request, who)).toHaveProperty('started')
}

/** A tick every 30 s with the slice that was sealed. */
async function tick(minutes: number, latencyMs = 20): Promise<void> {
  for (let at = 0; at < minutes * 2; at++) {
    clock.step(30_000)
    const nowMs = clock.nowMs()
    await parts.stores.db.transaction().execute(async (trx) => {
      const rollout = await parts.stores.rollouts.newest(trx)
      if (rollout === null) throw new Error('no rollout')
      const slices = [uniformSlice(nowMs - 30_000, 10, { latencyMs, confid: 0.61 + at / 1000 })]
      await decideRollout(parts, trx, rollout, { nowMs, slices, commands: [], facts: FREE }, who)
    })
  }
}
const say = (command: Command) => commandRollout(parts, command, who)
const said = { by: 'ada', reason: 'a test' }

async function rows(): Promise<ReplayRow[]> {
  const events = await parts.stores.outbox.next(10_000)
  // As the chain gives them back: through their text, with their place in the outbox.
  return events.map(
    ({ id, event }) =>
      JSON.parse(JSON.stringify({ id: `orders-${id}`, ...event, context: { ...event.context, outbox: id } })) as ReplayRow,
  )
}
function replayed(all: readonly ReplayRow[]) {
  const replay = createRolloutReplay()
  for (const row of all) replay.take(row)
  return replay.rollouts()
}

async function twoRollouts(): Promise<ReplayRow[]> {
  await begin()
  await tick(16)
  await say({ kind: 'pause', ...said })
  await tick(2)
  await say({ kind: 'resume', ...said })
  await tick(20, 2000)
  await tick(2)
  await begin()
  await tick(16)
  await say({ kind: 'kill', ...said })
  await tick(2)
  await say({ kind: 'unkill', ...said })
  return rows()
}

it('every decision of controller and people comes out again, also on what had ended', async () => {
  const all = await twoRollouts()
  expect(all.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['rollout.rollback', 'rollout.advance', 'rollout.unkill']),
  )
  const decisions = all.filter(({ context }) => 'input' in context).length
  const result = replayed(all)
  expect(result).toEqual([
    { rolloutId: 'rollout-1', decisions: expect.any(Number) as number, difference: null },
    { rolloutId: 'rollout-2', decisions: expect.any(Number) as number, difference: null },
  ])
  expect(result.reduce((sum, one) => sum + one.decisions, 0)).toBe(decisions)
})

it('one changed byte of an input, an answer or a state is found at its row', async () => {
  const all = await twoRollouts()
  const at = all.findIndex(({ action }) => action === 'rollout.rollback')
  const row = all[at]
  if (row === undefined) throw new Error('nothing rolled back')
  const { context } = row
  const input = context['input'] as object
  const reasons = context['reasons'] as string[]
  const changed: [string, Record<string, unknown>][] = [
    ['decision', { ...context, decision: 'soak' }],
    ['reasons', { ...context, reasons: [...reasons, 'because'] }],
    ['effects', { ...context, effects: [] }],
    ['stateDigest', { ...context, stateDigest: 'f'.repeat(64) }],
    ['decision', { ...context, input: { ...input, slices: [] } }],
    ['input', { ...context, input: null }],
    ['order', { ...context, outbox: 1 }],
  ]
  for (const [what, other] of changed) {
    const [first, second] = replayed(all.with(at, { ...row, context: other }))
    expect(first?.difference, what).toMatchObject({ what, id: row.id })
    expect(second?.difference, what).toBeNull()
  }
})

it('a row that is missing, doubled or without a start is a difference', async () => {
  const all = await twoRollouts()
  const difference = (some: readonly ReplayRow[]) => replayed(some)[0]?.difference?.what
  expect(difference(all.slice(1))).toBe('start')
  expect(difference([...all.slice(0, 1), ...all.slice(2)])).toBe('stateDigest')
  expect(difference([...all.slice(0, 1), ...all])).toBe('start')
  expect(difference(all)).toBeUndefined()
})

it('reads the chain, whatever else is in it, and one rollout alone from its start on', async () => {
  const all = await twoRollouts()
  const writer = await openAuditWriter({ dataDir: folder, writer: 'orders', clock })
  const noise = { action: 'order.sent', actor: 'executor', result: 'ok', context: { rollout: 'rollout-1' } } as const
  await writer.appendAll([
    ...Array.from({ length: 1500 }, () => noise),
    ...all.map(({ action, context }) => ({ action, actor: 'a', result: 'ok' as const, context: { ...context } })),
  ])
  await writer.close()
  const reader = openAuditReader({ dataDir: folder, thread: false })
  const both = await replayAudit(reader, null)
  expect(both.map(({ difference }) => difference)).toEqual([null, null])
  expect(await replayAudit(reader, 'rollout-2')).toEqual(both.slice(1))
  expect(await replayAudit(reader, 'rollout-9')).toEqual([])
  await reader.close()
})
