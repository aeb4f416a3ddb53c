import type { RolloutAnswer, RolloutHistory, RolloutView } from '@spark/contract/rollout'
import type { Member } from '@spark/core/rollout/exposure'
import { gateViews, scoresPerMinute } from '@spark/core/rollout/gate-view'
import type { RolloutPlan } from '@spark/core/rollout/plan'
import { rolloutSentence } from '@spark/core/rollout/sentence'
import { standingOf } from '@spark/core/rollout/standing'
import { exposedShare, stepOf, type RolloutState } from '@spark/core/rollout/state'
import { collectionCriterion, successCriteria } from '@spark/core/rollout/success'
import { Decimal } from '@spark/core/trading/decimal'
import type { Config } from '../config.ts'
import { countEndedLabels } from '../storage/count-ended-labels.ts'
import type { StoredRollout } from '../storage/rollout-store.ts'
import type { TradingStores } from '../storage/trading-stores.ts'
import { createPlanCheck } from './plan-digest.ts'
import type { RolloutNow } from './rollout-now.ts'
import { tickFacts, type TickFactsDeps } from './tick-facts.ts'

const DAY_MS = 24 * 3_600_000

export interface RolloutViewDeps extends Omit<TickFactsDeps, 'topErrors' | 'stores' | 'config'> {
  config: TickFactsDeps['config'] & Pick<Config, 'auditMlBucket' | 'auditMlSignalParts'>
  stores: TickFactsDeps['stores'] & Pick<TradingStores, 'db'>
}

export interface RolloutViews {
  /** Of what was seen. Rejects with StorageError. */
  of(now: RolloutNow): Promise<RolloutAnswer>
}

const NO_ROLLOUT: RolloutAnswer = {
  id: null,
  phase: 'none',
  sentence: 'There is no rollout yet; spark rollout start begins one in preview.',
}

/** What people see of the newest rollout: made from what decides, never kept beside it. */
export function createRolloutViews(deps: RolloutViewDeps): RolloutViews {
  // They are frozen, and 10,000 of them are not read at each look.
  let members: { rolloutId: string; ranked: readonly Member[] } | null = null
  const changedPlan = createPlanCheck(deps.stores.rollouts)
  return {
    async of(now) {
      const { rollout, fence } = now
      if (rollout === null) return NO_ROLLOUT
      if (members?.rolloutId !== rollout.id)
        members = { rolloutId: rollout.id, ranked: await deps.stores.rollouts.members(rollout.id) }
      const planChanged = await changedPlan(rollout, deps.stores.db)
      const known = await tickFacts({ ...deps, topErrors: () => [] }, deps.stores.db, rollout.frozen.modelVersion)
      const facts = { ...known, ...(planChanged !== null && { planChanged }) }
      const { plan } = rollout.frozen
      const nowMs = deps.clock.nowMs()
      const standing = standingOf(plan, rollout.state, facts, nowMs)
      const { dwell } = standing
      return {
        ...startedView(rollout),
        ...judgedView(plan, rollout.state, nowMs),
        successCriteria: exposedShare(plan, rollout.state) === 1 ? await criteriaOf(deps, rollout, nowMs) : null,
        ...saidView(plan, rollout.state, nowMs),
        subState: standing.subState,
        reasons: standing.reasons,
        sentence: rolloutSentence(plan, rollout.state, standing),
        dwell: {
          servedS: dwell.servedMs / 1000,
          neededS: dwell.neededMs / 1000,
          earliestAdvanceAt: dwell.earliestAdvanceMs,
        },
        expectedEndAt: standing.expectedEndMs,
        exposure: exposureView(rollout, members.ranked, now),
        epoch: fence.epoch,
        mlOff: fence.mlOff,
        floor: { effective: now.floor, base: now.baseFloor },
        pollIntervalMs: { effective: now.pollIntervalMs, base: now.basePollIntervalMs },
        verdict: facts.verdict,
      }
    },
  }
}

function startedView({ id, frozen, state, planDigest, startedAt, startedBy }: StoredRollout) {
  const { plan, modelVersion, modelHash } = frozen
  return {
    id,
    phase: state.phase,
    phaseReason: state.phaseReason,
    step: { index: state.step, name: stepOf(plan, state).name },
    steps: plan.steps.map(({ name, share, dwellMs, approval, proven }) => ({
      name,
      share,
      dwellS: dwellMs / 1000,
      approval,
      proven,
    })),
    share: exposedShare(plan, state),
    ceiling: state.ceiling,
    startedAt,
    startedBy,
    stepStartedAt: state.stepStartedMs,
    endedAt: state.endedMs,
    planDigest,
    model: { version: modelVersion, hash: modelHash },
  }
}

function judgedView(plan: RolloutPlan, state: RolloutState, nowMs: number) {
  const { breaches, stepBreaches } = state
  return {
    watchedAt: state.tickedMs,
    gates: gateViews(plan, state, nowMs),
    scoresPerMinute: scoresPerMinute(plan, state),
    breaches: {
      inStep: stepBreaches,
      total: breaches.total,
      critical: breaches.critical,
      ended: breaches.ended.map(({ gate, sinceMs, endMs, critical, fast, worst }) => ({
        gate,
        since: sinceMs,
        endedAt: endMs,
        critical,
        fast,
        worst,
      })),
    },
    modifiers: [...state.modifiers],
  }
}

/** Of the step, and whether v2.1 is collected: by this process's own settings, and by the labels of the step's newest day. */
async function criteriaOf(
  { stores, config }: RolloutViewDeps,
  { state, frozen }: StoredRollout,
  nowMs: number,
): Promise<RolloutView['successCriteria']> {
  const period = { fromMs: Math.max(state.stepStartedMs, nowMs - DAY_MS), toMs: nowMs }
  const labels = await countEndedLabels(stores.db, frozen.modelVersion, period)
  return [...successCriteria(state), collectionCriterion(config.auditMlBucket && config.auditMlSignalParts, labels)]
}

/** What people said, as long as it counts. */
function saidView(plan: RolloutPlan, { phase, endedMs, paused, approval, override }: RolloutState, nowMs: number) {
  const coolMs = phase === 'rolled_back' && endedMs !== null ? endedMs + plan.coolDownMs : 0
  return {
    paused: paused === null ? null : { by: paused.by, since: paused.sinceMs },
    approval:
      approval === null || nowMs - approval.atMs > plan.approvalMs
        ? null
        : { by: approval.by, at: approval.atMs, until: approval.atMs + plan.approvalMs },
    override: override === null ? null : { by: override.by, second: override.second, reason: override.reason, at: override.atMs },
    cooldownUntil: coolMs > nowMs ? coolMs : null,
  }
}

/** Who acts on ML at this moment, not who would if the lease held. */
function exposureView(
  { frozen }: StoredRollout,
  ranked: readonly Member[],
  { exposed, fence }: RolloutNow,
): RolloutView['exposure'] {
  const acting = ranked.filter(({ strategyId }) => exposed.has(strategyId))
  const capital = acting.reduce((sum, member) => sum.plus(member.capital), new Decimal(0))
  return {
    share: acting.length === 0 ? 0 : Number(capital.div(frozen.capital).toFixed(6)),
    strategies: acting.length,
    of: frozen.strategies,
    capital: capital.toString(),
    ofCapital: frozen.capital,
    leaseUntil: fence.leaseUntil === 0 ? null : fence.leaseUntil,
  }
}

/** One line a rollout, newest first. */
export function historyOf(rollouts: readonly StoredRollout[]): RolloutHistory {
  return {
    items: rollouts.map(({ id, frozen, planDigest, state, startedAt, startedBy }) => ({
      id,
      phase: state.phase,
      phaseReason: state.phaseReason,
      startedAt,
      startedBy,
      endedAt: state.endedMs,
      share: stepOf(frozen.plan, state).share,
      model: frozen.modelVersion,
      planDigest,
      strategies: frozen.strategies,
      capital: frozen.capital,
      breaches: { total: state.breaches.total, critical: state.breaches.critical },
    })),
  }
}
