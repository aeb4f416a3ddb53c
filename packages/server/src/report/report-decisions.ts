import type { ReportDecision, ReportPeriod } from '@spark/core/report/report'
import type { AuditItem } from '../storage/audit/audit-event.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'

/** What is done to a rollout or its settings; the index of the audit finds them without walking over scores. */
const TAKEN = [
  'rollout.start',
  'rollout.advance',
  'rollout.counter_move',
  'rollout.preview_only',
  'rollout.rollback',
  'rollout.kill',
  'rollout.unkill',
  'rollout.preview',
  'rollout.pause',
  'rollout.resume',
  'rollout.approve',
  'rollout.promote',
  'rollout.ceiling',
  'rollout.override',
  'settings.applied',
  'triage.floor',
  'triage.marker',
] as const
/** Those after which it may stand elsewhere, or go further. */
const PHASES = [
  'rollout.start',
  'rollout.advance',
  'rollout.preview_only',
  'rollout.rollback',
  'rollout.kill',
  'rollout.unkill',
  'rollout.preview',
  'rollout.promote',
  'rollout.ceiling',
] as const
const AUTO_PAUSED = 'strategy.auto_paused'
export interface Decisions {
  taken: AuditItem[]
  phases: AuditItem[]
  autoPaused: AuditItem[]
}

/** By time, then row, whole. `startedMs`: of the rollout whose phases are asked for; null: there is none. */
export async function readDecisions(
  reader: Pick<AuditReader, 'exportRows'>,
  { fromMs, toMs: to }: ReportPeriod,
  startedMs: number | null,
): Promise<Decisions> {
  const all = async (actions: readonly string[], from: number) => {
    const items: AuditItem[] = []
    for (const action of actions) for await (const item of reader.exportRows({ action, from, to })) items.push(item)
    return items.toSorted((a, b) => a.ts - b.ts || seqOf(a) - seqOf(b))
  }
  return {
    taken: await all(TAKEN, fromMs),
    phases: startedMs === null ? [] : await all(PHASES, startedMs),
    autoPaused: await all([AUTO_PAUSED], fromMs),
  }
}

/** One that was resumed and paused again is one strategy. */
export function pausedStrategies({ autoPaused }: Pick<Decisions, 'autoPaused'>): number {
  return new Set(autoPaused.map(({ strategyId }) => strategyId)).size
}

interface Raised {
  rollout?: unknown
  state?: { ceiling?: number }
  input?: { commands?: readonly { kind: string; share?: number }[] }
}

/** How far a rollout might go after these; null: its start is not among them. */
export function ceilingAfter({ phases }: Pick<Decisions, 'phases'>, rolloutId: string): number | null {
  let ceiling: number | null = null
  for (const { action, context } of phases) {
    const { rollout, state, input } = context as Raised
    if (rollout !== rolloutId) continue
    if (action === 'rollout.start') ceiling = state?.ceiling ?? null
    for (const { kind, share } of input?.commands ?? []) {
      if (ceiling === null || share === undefined) continue
      if (kind === 'ceiling') ceiling = share
      if (kind === 'promote') ceiling = Math.max(ceiling, share)
    }
  }
  return ceiling
}

function seqOf({ id }: AuditItem): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}

interface Told {
  rollout?: unknown
  decision?: unknown
  reasons?: unknown
  reason?: unknown
  effects?: unknown
}

/** The part of an audit row that a report tells. */
export function decisionOf({ id, ts, action, actor, context }: AuditItem): ReportDecision {
  const { rollout, decision, reasons, reason, effects } = context as Told
  const told = Array.isArray(reasons) ? reasons : [reason]
  const expose = Array.isArray(effects)
    ? (effects as { kind?: unknown; share?: unknown }[]).find(({ kind }) => kind === 'expose')
    : undefined
  return {
    id,
    ts,
    action,
    actor,
    rollout: typeof rollout === 'string' ? rollout : null,
    decision: typeof decision === 'string' ? decision : null,
    reasons: told.filter((one) => typeof one === 'string'),
    share: typeof expose?.share === 'number' ? expose.share : null,
  }
}
