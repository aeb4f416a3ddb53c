import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Command } from '@spark/core/rollout/outcome'
import { commandRollout } from './decide-rollout.ts'
import { SHORT_PLAN, START, WHO, openRollout, type RolloutFixture } from './rollout-fixture.ts'
import { startRollout } from './start-rollout.ts'

let fixture: RolloutFixture
beforeEach(async () => {
  fixture = await openRollout()
})
afterEach(() => fixture.close())

const open = async () => (await fixture.path.alerts.open()).map(({ code, scope }) => `${code} ${scope}`).sort()
const say = (kind: 'rollback' | 'kill' | 'unkill') =>
  commandRollout(fixture.parts, { kind, by: 'ada', reason: 'a test' } satisfies Command, WHO)

it('what was told of a rollout is over when the next one begins, so that its breaches are told again', async () => {
  const { path, parts, clock } = fixture
  await say('rollback')
  const breach = { severity: 'red', code: 'breach', scope: 'gate:p95', message: 'p95 beyond 1500 ms' } as const
  await path.db.transaction().execute((trx) => parts.alerts.raise(trx, breach))
  const other = { ...breach, code: 'job_failed', scope: 'job:backup' } as const
  await path.db.transaction().execute((trx) => parts.alerts.raise(trx, other))
  expect(await open()).toEqual(['breach gate:p95', 'job_failed job:backup', 'rollout_rolled_back rollout'])
  clock.step(SHORT_PLAN.coolDownMs + 1)
  const started = await startRollout(parts, { ...START, ceiling: 0.1, reason: 'another try' }, WHO)
  expect(started).toHaveProperty('started')
  expect(await open()).toEqual(['job_failed job:backup'])
})

it('the alert of a kill is over when the kill is lifted', async () => {
  await say('kill')
  expect(await open()).toEqual(['rollout_killed rollout'])
  await say('unkill')
  expect(await open()).toEqual([])
})
