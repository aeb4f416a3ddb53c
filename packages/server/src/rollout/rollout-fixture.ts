import { FREE } from '@spark/core/rollout/rollout-fixture'
import { DEFAULT_PLAN, type RolloutPlan } from '@spark/core/rollout/plan'
import type { SliceFacts } from '@spark/core/rollout/slice'
import { uniformSlice } from '@spark/core/rollout/slice-fixture'
import { openPath, type PathFixture, type PathOptions } from '../executor/orders/order-path-fixture.ts'
import { decideRollout, type Decided, type RolloutParts } from './decide-rollout.ts'
import { SHORT_START } from './rollout-stage-fixture.ts'
import { startRollout, type StartRequest } from './start-rollout.ts'

export const WHO = { actor: 'ada', traceId: 'f'.repeat(32) }

/** Steps of ten minutes, so that a rollout is through in an hour; the next may begin after its cool-down. */
export const SHORT_PLAN: RolloutPlan = { ...SHORT_START.plan, coolDownMs: DEFAULT_PLAN.coolDownMs }

/** How the fixture's rollout begins. */
export const START: StartRequest = { ...SHORT_START, plan: SHORT_PLAN }

export interface RolloutFixture extends PathFixture {
  parts: RolloutParts
  /** A tick of the controller with the slice that ends now, measured like this. */
  tick(measured?: Parameters<typeof uniformSlice>[2]): Promise<Decided>
  /** Good slices until the step with this share begins. */
  advanceTo(share: number): Promise<void>
}

/** The order path with a rollout in preview, on real storage and a clock turned by hand. For tests. */
export async function openRollout({
  plan = SHORT_PLAN,
  ...options
}: PathOptions & { plan?: RolloutPlan } = {}): Promise<RolloutFixture> {
  const fixture = await openPath({ strategies: 20, leased: true, ...options })
  const { path, clock } = fixture
  const parts: RolloutParts = { stores: path, queue: path.queue, alerts: path.alerts, clock }
  const started = await startRollout(parts, { ...START, plan }, WHO)
  if ('problems' in started) throw new Error(started.problems.join('; '))

  async function tick(measured: Parameters<typeof uniformSlice>[2] = {}): Promise<Decided> {
    return path.db.transaction().execute(async (trx) => {
      const rollout = await path.rollouts.newest(trx)
      if (rollout === null) throw new Error('no rollout')
      const ts = rollout.state.judgedToMs
      const slices: SliceFacts[] = ts + 30_000 <= clock.nowMs() ? [uniformSlice(ts, 10, measured)] : []
      return decideRollout(parts, trx, rollout, { nowMs: clock.nowMs(), slices, commands: [], facts: FREE }, WHO)
    })
  }
  return {
    ...fixture,
    parts,
    tick,
    async advanceTo(share) {
      for (let turn = 0; turn < 500; turn++) {
        clock.step(30_000)
        const { outcome } = await tick()
        if (outcome.effects.some((effect) => effect.kind === 'expose' && effect.share === share)) return
      }
      throw new Error(`the share ${share} was never reached`)
    },
  }
}
