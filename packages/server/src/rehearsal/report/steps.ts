import type { Decision, Effect } from '@spark/core/rollout/outcome'
import type { Rehearsal } from '../rehearse.ts'

/** One stretch of the rollout, and what was ordered in it. */
export interface Stretch {
  name: string
  fromMs: number
  toMs: number
  /** Strategies that act on ML. */
  exposed: number
  /** Orders that reached the venue, by arm. */
  ml: number
  baseline: number
}

/** Phase by phase: preview, each share, done, or what took its place. */
export function stretches({ rows, plan, exposures, arrivals, lastedMs }: Rehearsal): Stretch[] {
  const begins: { name: string; fromMs: number }[] = [{ name: plan.steps[0]?.name ?? 'preview', fromMs: 0 }]
  for (const { context, sinceMs } of rows) {
    const { decision, effects = [] } = context as { decision?: Decision; effects?: Effect[] }
    const name = decision === undefined ? null : nameAfter(plan, decision, effects)
    if (name !== null) begins.push({ name, fromMs: sinceMs })
  }
  return begins.map(({ name, fromMs }, at) => {
    const toMs = begins[at + 1]?.fromMs ?? Math.max(fromMs, lastedMs)
    const within = arrivals.filter(({ sinceMs }) => sinceMs >= fromMs && sinceMs < toMs)
    return {
      name,
      fromMs,
      toMs,
      exposed: exposures.findLast(({ sinceMs }) => sinceMs <= Math.max(fromMs, toMs - 1))?.ids.length ?? 0,
      ml: within.filter(({ arm }) => arm === 'ml').length,
      baseline: within.filter(({ arm }) => arm === 'baseline').length,
    }
  })
}

function nameAfter(plan: Rehearsal['plan'], decision: Decision, effects: readonly Effect[]): string | null {
  if (decision === 'kill') return 'killed'
  if (decision === 'rollback') return 'rolled back'
  if (decision === 'preview_only') return 'preview only'
  if (decision !== 'advance') return null
  const expose = effects.find((effect) => effect.kind === 'expose')
  return expose === undefined ? 'done' : (plan.steps.find(({ share }) => share === expose.share)?.name ?? String(expose.share))
}
