import type { Stream } from '@spark/core/market/candle'
import { exposedShare, effectiveFloor, hasEnded, openBreaches, pollFactor } from '@spark/core/rollout/state'
import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import { effectiveSettings } from '../live-settings.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import type { Fence } from '../storage/risk-store.ts'
import type { StoredRollout } from '../storage/rollout-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import { isWithinLease } from './exposure-lease.ts'

/** What the rollout means for those who score and poll, at one moment. */
export interface RolloutNow {
  /** The newest one; null before the first. */
  rollout: StoredRollout | null
  fence: Fence
  mode: 'off' | 'preview' | 'live'
  /** Strategies that act on ML, and the stream each decides on; empty unless the mode is live. */
  exposed: Exposed
  /** Confidence under which the decision is 0, the controller's moves included. */
  floor: number
  /** Without the controller's moves. */
  baseFloor: number
  pollIntervalMs: number
  /** Without the controller's moves. */
  basePollIntervalMs: number
  /** Scopes of the kill switches that are set. */
  killed: ReadonlySet<string>
  /** A gate is breached: scores are shown, and not used. */
  breach: boolean
  /** The model under rollout; null: the champion. */
  modelVersion: string | null
}

export interface RolloutNowParts {
  config: Pick<Config, 'scoring' | 'confidFloor' | 'pollIntervalMs'>
  stores: Pick<TradingStores, 'rollouts'>
  settings: LiveSettingStore
}

export type Exposed = ReadonlyMap<string, Stream>

export type ReadExposed = (rollout: StoredRollout, fence: Fence, db: Kysely<MainTables>) => Promise<Exposed>

export const NOBODY: Exposed = new Map()

/** Who is exposed changes with the step and the fence only: whoever looks again and again need not read it each time. */
export function rememberExposed(rollouts: RolloutNowParts['stores']['rollouts']): ReadExposed {
  let seen: { key: string; exposed: Exposed } | null = null
  return async ({ id, state, frozen }, { epoch }, db) => {
    const key = `${id} ${state.step} ${exposedShare(frozen.plan, state)} ${epoch}`
    if (seen?.key !== key) seen = { key, exposed: await rollouts.exposed(db) }
    return seen.exposed
  }
}

/** Reads it, in the caller's transaction when there is one. Rejects with StorageError. */
export async function readRolloutNow(
  { config, stores, settings }: RolloutNowParts,
  db: Kysely<MainTables>,
  nowMs: number,
  readExposed: ReadExposed = (_rollout, _fence, trx) => stores.rollouts.exposed(trx),
): Promise<RolloutNow> {
  const { rollout, fence } = await stores.rollouts.newestWithFence(db)
  const { settings: applied, killed } = await settings.withSwitches(db)
  const exposed = rollout === null ? NOBODY : await readExposed(rollout, fence, db)
  return rolloutNow({ rollout, fence, exposed, killed, effective: effectiveSettings(config, applied), nowMs })
}

function rolloutNow({
  rollout,
  fence,
  exposed,
  killed,
  effective,
  nowMs,
}: {
  rollout: StoredRollout | null
  fence: Fence
  exposed: Exposed
  killed: readonly string[]
  effective: ReturnType<typeof effectiveSettings>
  nowMs: number
}): RolloutNow {
  const state = rollout?.state ?? null
  const plan = rollout?.frozen.plan ?? null
  const off = effective.scoring.mode === 'off' || fence.mlOff || (state !== null && hasEnded(state))
  const watched = plan !== null && isWithinLease(fence.leaseUntil, nowMs, plan.leaseMs)
  const live = !off && state !== null && watched && exposedShare(plan, state) > 0
  const modifiers = state?.modifiers ?? []
  return {
    rollout,
    fence,
    mode: off ? 'off' : live ? 'live' : 'preview',
    exposed: live ? exposed : NOBODY,
    floor: plan === null ? effective.confidFloor : effectiveFloor(plan, modifiers, effective.confidFloor),
    baseFloor: effective.confidFloor,
    pollIntervalMs: Math.round(effective.pollIntervalMs * pollFactor(modifiers)),
    basePollIntervalMs: effective.pollIntervalMs,
    killed: new Set(killed),
    breach: state !== null && !hasEnded(state) && openBreaches(state).some(({ critical }) => critical),
    modelVersion: state === null || hasEnded(state) ? null : (rollout?.frozen.modelVersion ?? null),
  }
}
