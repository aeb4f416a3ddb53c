import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TickFacts } from '@spark/core/rollout/outcome'
import { createLog } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { createRolloutReplay } from '../rollout/replay-rollout.ts'
import { rolloutStage, type RolloutStage } from '../rollout/rollout-stage-fixture.ts'
import { createAlertStore } from '../storage/alert-store.ts'
import { createMetricSliceStore } from '../storage/metric-slice-store.ts'
import { startController, type Controller } from './run-rollout.ts'

const FREE: TickFacts = { parity: null, risk: null, verdict: 'unproven', floor: 0.55, topErrors: [] }
let stage: RolloutStage & { close(): Promise<void> }
let controller: Controller
let leading: boolean
beforeEach(async () => {
  leading = true
  stage = await rolloutStage()
  await stage.begin()
  const { clock, parts } = stage
  controller = startController({
    parts,
    slices: createMetricSliceStore(parts.stores.db),
    facts: () => Promise.resolve(FREE),
    leadsIn: () => Promise.resolve(leading),
    clock,
    random: systemRandomness,
    log: createLog('test', 'silent'),
    onDecided: () => Promise.resolve(),
  })
})
afterEach(async () => {
  await controller.stop()
  await stage.close()
})

async function tick() {
  stage.clock.step(5000)
  const decided = await controller.tick()
  if (decided === null) throw new Error('no rollout')
  return decided.outcome
}
async function change(from: string, to: string): Promise<void> {
  const { db } = stage.parts.stores
  const { frozen } = await db.selectFrom('rollout').select('frozen').executeTakeFirstOrThrow()
  await db
    .updateTable('rollout')
    .set({ frozen: frozen.replace(from, to) })
    .execute()
}
const leaseUntil = async () => (await stage.parts.stores.risk.epoch(stage.parts.stores.db)).leaseUntil
const openAlerts = async () =>
  (await createAlertStore(stage.parts.stores.db).list({ state: 'open', limit: 10 })).map(
    ({ code, severity }) => `${severity} ${code}`,
  )

it('where several processes could decide, only the one that leads does', async () => {
  leading = false
  const before = await stage.state()
  stage.clock.step(5000)
  expect(await controller.tick()).toBeNull()
  expect(await stage.state()).toEqual(before)
  leading = true
  expect((await tick()).decision).not.toBeNull()
})

describe('a plan that was changed in the database is refused by each tick', () => {
  beforeEach(() => stage.tick(16))

  it('with the reason: it holds, tells people, and renews no exposure; what it was before goes on', async () => {
    expect((await tick()).decision).toBe('soak')
    const renewed = await leaseUntil()
    const { phase, tickedMs } = await stage.state()
    expect(phase).toBe('live')
    await change('"critical":1500', '"critical":9500')
    for (let turn = 0; turn < 2; turn++)
      expect(await tick()).toMatchObject({
        decision: 'hold',
        reasons: [
          expect.stringMatching(/^the plan of rollout-1 in the database was changed since its start: .* a changed plan is a new/),
        ],
      })
    expect(await openAlerts()).toEqual(['red rollout_plan_changed'])
    expect(await leaseUntil()).toBe(renewed)
    expect((await stage.state()).tickedMs).toBe(tickedMs)
    await change('"critical":9500', '"critical":1500')
    expect((await tick()).decision).toBe('soak')
    expect(await leaseUntil()).toBeGreaterThan(renewed)
  })

  it('and the brakes still work', async () => {
    await change('"dwellMs":600000', '"dwellMs":60000')
    await tick()
    await stage.say('rollback')
    expect([(await stage.state()).phase, await stage.exposed()]).toEqual(['rolled_back', 0])
  })

  it('and the replay decides the same', async () => {
    await change('"critical":1500', '"critical":9500')
    await tick()
    const replay = createRolloutReplay()
    for (const { id, event } of await stage.events()) replay.take({ ...event, id: `orders-${id}`, context: event.context ?? {} })
    expect(replay.rollouts()).toMatchObject([{ difference: null }])
  })
})

it('another order of joining is refused when a share would begin', async () => {
  await stage.parts.stores.db.updateTable('rollout_member').set({ capital: '7' }).where('rank', '=', 3).execute()
  await stage.tick(16)
  expect([(await stage.state()).phase, await stage.exposed()]).toEqual(['preview', 0])
  expect(await openAlerts()).toEqual(['red rollout_plan_changed'])
})
