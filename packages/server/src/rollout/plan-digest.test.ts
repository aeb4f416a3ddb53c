import { afterEach, beforeEach, expect, it } from 'vitest'
import { changedPlan } from './plan-digest.ts'
import { rolloutStage, type RolloutStage } from './rollout-stage-fixture.ts'

let stage: RolloutStage & { close(): Promise<void> }
beforeEach(async () => {
  stage = await rolloutStage()
  await stage.begin()
})
afterEach(() => stage.close())

async function problem(): Promise<string | null> {
  const { rollouts } = stage.parts.stores
  const newest = await rollouts.newest()
  if (newest === null) throw new Error('no rollout')
  return changedPlan(rollouts, newest)
}

it('a rollout has the digest it began with, however far it has gone', async () => {
  await stage.tick(16)
  expect(await problem()).toBeNull()
})

it.each([
  ['a threshold', (frozen: string) => frozen.replace('"critical":1500', '"critical":9500')],
  ['a dwell', (frozen: string) => frozen.replace('"dwellMs":600000', '"dwellMs":60000')],
  ['the model', (frozen: string) => frozen.replace('"modelHash":"h"', '"modelHash":"g"')],
])('%s that was changed in the database is refused with the reason', async (_, change) => {
  const { db } = stage.parts.stores
  const { frozen } = await db.selectFrom('rollout').select('frozen').executeTakeFirstOrThrow()
  expect(change(frozen)).not.toBe(frozen)
  await db
    .updateTable('rollout')
    .set({ frozen: change(frozen) })
    .execute()
  expect(await problem()).toMatch(/the plan of rollout-1 in the database was changed since its start: .* a changed plan is a new/)
})

it('and so is the order in which strategies join', async () => {
  await stage.parts.stores.db.updateTable('rollout_member').set({ capital: '7' }).where('rank', '=', 3).execute()
  expect(await problem()).toContain('was changed')
})
