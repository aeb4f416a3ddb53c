import { afterEach, beforeEach, expect, it } from 'vitest'
import { openAuditReader } from '../storage/audit/audit-reader.ts'
import { openAuditWriter } from '../storage/audit/audit-writer.ts'
import { replayAudit } from './replay-audit.ts'
import { createRolloutReplay, type ReplayRow } from './replay-rollout.ts'
import { rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'

let stage: RolloutStage & { close(): Promise<void> }
beforeEach(async () => (stage = await rolloutStage()))
afterEach(() => stage.close())

function replayed(all: readonly ReplayRow[]) {
  const replay = createRolloutReplay()
  for (const row of all) replay.take(row)
  return replay.rollouts()
}

/** Everything that leaves a row: ticks, people, a rollback, a kill, its end, and another rollout. */
async function twoRollouts(): Promise<ReplayRow[]> {
  await stage.begin()
  await stage.tick(16)
  await stage.say('pause')
  await stage.tick(2)
  await stage.say('resume')
  await stage.tick(20, { latencyMs: 2000 })
  await stage.tick(2)
  await stage.begin()
  await stage.tick(16)
  await stage.say('kill')
  await stage.tick(2)
  await stage.say('unkill')
  // As the chain gives them back: with their place in the outbox.
  return (await stage.events()).map(({ id, event: { action, context } }) => ({
    id: `orders-${id}`,
    action,
    context: { ...context, outbox: id },
  }))
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
  const writer = await openAuditWriter({ dataDir: stage.folder, writer: 'orders', clock: stage.clock })
  const noise = { action: 'order.sent', actor: 'executor', result: 'ok', context: { rollout: 'rollout-1' } } as const
  await writer.appendAll([
    ...Array.from({ length: 1500 }, () => noise),
    ...all.map(({ action, context }) => ({ action, actor: 'a', result: 'ok' as const, context: { ...context } })),
  ])
  await writer.close()
  const reader = openAuditReader({ dataDir: stage.folder, thread: false })
  const both = await replayAudit(reader, null)
  expect(both.map(({ difference }) => difference)).toEqual([null, null])
  expect(await replayAudit(reader, 'rollout-2')).toEqual(both.slice(1))
  expect(await replayAudit(reader, 'rollout-9')).toEqual([])
  await reader.close()
})
