/** Gates that judge slices of measurement. */
export const GATE_NAMES = ['p95', 'staleness', 'error_rate', 'score_rate', 'confid_median', 'dead_letters'] as const
export type GateName = (typeof GATE_NAMES)[number]

export interface GatePlan {
  /** Up to here, and equal to it, all is good: ms, s, percent, share of what is due, confidence, dead letters. */
  good: number
  /** Beyond it is critical; equal to it is not. */
  critical: number
  /** How long critical must last, ms. */
  holdMs: number
}

export interface RolloutStep {
  name: string
  /** Share of strategies and of capital that acts on ML; 0: preview, scored and shown, never ordered. */
  share: number
  /** Good time that the step must serve before the next one, ms. */
  dwellMs: number
  /** A person must approve before the step begins. */
  approval: boolean
  /** The model must be proven before the step begins. */
  proven: boolean
}

/** Everything that decides, frozen by its digest when a rollout starts. Times in ms. */
export interface RolloutPlan {
  /** The first has share 0; shares rise. */
  steps: readonly RolloutStep[]
  gates: Readonly<Record<GateName, GatePlan>>
  /** Length of a slice of measurement. */
  sliceMs: number
  /** How many slices, the newest included, a verdict looks at. */
  windowSlices: number
  /** Fewer samples than the smaller of this and half of what was due: no data. */
  minSamples: number
  /** A slice that has not come so long after its end is missing. */
  sliceOverdueMs: number
  /** While exposed, so long without cover goes preview-only. */
  blindMs: number
  /** A controller that was away for longer than this was down: its slices are missing without being blindness. */
  leaseMs: number
  /** A breach is cleared over half its hold, at least this. */
  clearMinMs: number
  /** Times the critical level that two separate windows need for a breach at once, and the bad events in both. */
  fastFactor: number
  fastEvents: number
  /** Breaches in one step that hold until approved. */
  breachesMax: number
  coolDownMs: number
  /** How long an approval counts. */
  approvalMs: number
  /** Counter-moves: the floor is raised by this, at most to this; the poll interval is multiplied once. */
  floorStep: number
  floorMax: number
  pollFactor: number
  /** Gates whose lasting warning raises the floor while live; others only tell. */
  floorOnWarning: readonly GateName[]
  onRollback: 'handover' | 'flatten'
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export const DEFAULT_PLAN: RolloutPlan = {
  steps: [
    { name: 'preview', share: 0, dwellMs: 4 * HOUR, approval: false, proven: false },
    { name: '10 %', share: 0.1, dwellMs: HOUR, approval: false, proven: false },
    { name: '50 %', share: 0.5, dwellMs: 2 * HOUR, approval: false, proven: false },
    { name: '100 %', share: 1, dwellMs: 24 * HOUR, approval: false, proven: false },
  ],
  gates: {
    p95: { good: 1000, critical: 1500, holdMs: 15 * MINUTE },
    staleness: { good: 30, critical: 60, holdMs: 30 * MINUTE },
    error_rate: { good: 1, critical: 2, holdMs: 30 * MINUTE },
    score_rate: { good: 10 / 12, critical: 5 / 12, holdMs: HOUR },
    confid_median: { good: 0.55, critical: 0.45, holdMs: 3 * HOUR },
    dead_letters: { good: 2, critical: 5, holdMs: HOUR },
  },
  sliceMs: 30_000,
  windowSlices: 10,
  minSamples: 30,
  sliceOverdueMs: 20_000,
  blindMs: 10 * MINUTE,
  leaseMs: 30_000,
  clearMinMs: 15 * MINUTE,
  fastFactor: 3,
  fastEvents: 10,
  breachesMax: 3,
  coolDownMs: 30 * MINUTE,
  approvalMs: HOUR,
  floorStep: 0.05,
  floorMax: 0.65,
  pollFactor: 1.5,
  floorOnWarning: ['p95', 'confid_median'],
  onRollback: 'handover',
}

/** More is worse for these; for the others less is. */
export function higherIsWorse(gate: GateName): boolean {
  return gate !== 'score_rate' && gate !== 'confid_median'
}

/** The shortest time from start to done, ms: every dwell, and the five minutes that the first verdict needs are within it. */
export function expectedDurationMs({ steps }: Pick<RolloutPlan, 'steps'>): number {
  return steps.reduce((sum, { dwellMs }) => sum + dwellMs, 0)
}

/** What is wrong with a plan, each with what would be right; empty: nothing. */
export function planProblems(plan: RolloutPlan): string[] {
  const { steps, gates, sliceMs } = plan
  const problems: string[] = []
  if (steps[0]?.share !== 0) problems.push('steps[0].share must be 0: every rollout begins in preview')
  steps.forEach((step, at) => {
    const before = at === 0 ? -1 : (steps[at - 1]?.share ?? 0)
    if (!(step.share > before && step.share <= 1)) problems.push(`steps[${at}].share is ${step.share}; shares rise, up to 1`)
    if (!(step.dwellMs >= sliceMs)) problems.push(`steps[${at}].dwell is ${step.dwellMs} ms; at least one slice, ${sliceMs} ms`)
  })
  if (steps.length < 2) problems.push('steps must hold preview and at least one share')
  for (const gate of GATE_NAMES) {
    const { good, critical, holdMs } = gates[gate]
    const ordered = higherIsWorse(gate) ? good <= critical : good >= critical
    if (!ordered || !Number.isFinite(good) || !Number.isFinite(critical))
      problems.push(`gates.${gate}: good is ${good} and critical ${critical}; good is the better one`)
    if (!(holdMs >= sliceMs)) problems.push(`gates.${gate}.hold is ${holdMs} ms; at least one slice, ${sliceMs} ms`)
  }
  return problems
}
