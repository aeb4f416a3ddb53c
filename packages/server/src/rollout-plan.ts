import { DEFAULT_PLAN, GATE_NAMES, type GateName, type GatePlan, type RolloutPlan } from '@spark/core/rollout/plan'
import type { SparkFile } from './strategies-file.ts'

const MINUTE = 60_000
/** So long (real ms) a busy machine may keep the controller from renewing the lease, however fast the clock runs. */
const LEASE_REAL_MIN_MS = 2000
const SPEED_MAX = 60

const leaseMs = (clockSpeed: number): number => Math.max(DEFAULT_PLAN.leaseMs, LEASE_REAL_MIN_MS * clockSpeed)

/** No plan's lease on exposure is longer, whatever speed (1 never turns into another, others do) it began at. */
export function longestLeaseMs(clockSpeed: number): number {
  return leaseMs(clockSpeed === 1 ? 1 : SPEED_MAX)
}

/** The plan of config/spark.yaml; what it leaves out has its default. Its times are the clock's. */
export function rolloutPlanOf({ rollout = {} }: SparkFile, clockSpeed = 1): RolloutPlan {
  const { steps, gates, coolDownMin, approvalMin, blindMin, clearMin, breachesMax, fastEvents, minSamples, ...rest } = rollout
  return {
    ...DEFAULT_PLAN,
    ...rest,
    leaseMs: leaseMs(clockSpeed),
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
