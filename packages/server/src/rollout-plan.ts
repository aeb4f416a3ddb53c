import { DEFAULT_PLAN, GATE_NAMES, type GateName, type GatePlan, type RolloutPlan } from '@spark/core/rollout/plan'
import type { SparkFile } from './strategies-file.ts'

const MINUTE = 60_000

/** The plan of config/spark.yaml; what it leaves out has its default. */
export function rolloutPlanOf({ rollout = {} }: SparkFile): RolloutPlan {
  const { steps, gates, coolDownMin, approvalMin, blindMin, clearMin, breachesMax, fastEvents, minSamples, ...rest } = rollout
  return {
    ...DEFAULT_PLAN,
    ...rest,
    ...(steps !== undefined && {
      steps: steps.map(({ name, share, dwellMin, approval = false, proven = false }) => ({
        name: name ?? (share === 0 ? 'preview' : `${Math.round(share * 1000) / 10} %`),
        share,
        dwellMs: dwellMin * MINUTE,
        approval,
        proven,
      })),
    }),
    gates: Object.fromEntries(GATE_NAMES.map((gate) => [gate, gatePlan(DEFAULT_PLAN.gates[gate], gates?.[gate])])) as Record<
      GateName,
      GatePlan
    >,
    ...(coolDownMin !== undefined && { coolDownMs: coolDownMin * MINUTE }),
    ...(approvalMin !== undefined && { approvalMs: approvalMin * MINUTE }),
    ...(blindMin !== undefined && { blindMs: blindMin * MINUTE }),
    ...(clearMin !== undefined && { clearMinMs: clearMin * MINUTE }),
    ...(breachesMax !== undefined && { breachesMax }),
    ...(fastEvents !== undefined && { fastEvents }),
    ...(minSamples !== undefined && { minSamples }),
  }
}

interface GivenGate {
  good?: number
  critical?: number
  holdMin?: number
}

function gatePlan(base: GatePlan, given: GivenGate = {}): GatePlan {
  return {
    good: given.good ?? base.good,
    critical: given.critical ?? base.critical,
    holdMs: given.holdMin === undefined ? base.holdMs : given.holdMin * MINUTE,
  }
}
