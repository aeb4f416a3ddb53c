import type { Decision, Effect } from '@spark/core/rollout/outcome'
import { told } from '@spark/contract/told'
import type { AuditEvent } from '../storage/audit/audit-event.ts'
import { durationText } from './fault.ts'

export interface TimelineEntry {
  /** ms since the rollout began. */
  sinceMs: number
  kind: 'fault' | 'person' | 'process' | 'decision' | 'waits' | 'alert' | 'venue'
  text: string
}

export interface Timeline {
  readonly entries: readonly TimelineEntry[]
  add: (kind: TimelineEntry['kind'], text: string, sinceMs?: number) => void
  /** What a row of the audit tells, if anything. */
  row: (event: AuditEvent, atMs: number) => void
}

/** Shorter waits of a step are not told when it is over. */
const KEPT_MIN_MS = 600_000
const WAITS: ReadonlySet<Decision> = new Set(['hold', 'pause', 'await_approval', 'soak'])

/** What happened, in words. Rows of the audit come a moment after what they tell of: order the entries before they are shown. */
export function createTimeline(sinceMs: () => number): Timeline {
  const entries: TimelineEntry[] = []
  let waiting = ''
  /** ms of this step by what kept it from advancing, beside its dwell. */
  let kept = new Map<string, number>()
  let lastMs = 0

  function add(kind: TimelineEntry['kind'], text: string, at = sinceMs()): void {
    entries.push({ sinceMs: at, kind, text })
  }

  function decided(context: Record<string, unknown>, at: number): void {
    const { decision, reasons, effects, epoch, onTheWire } = context as {
      decision: Decision
      reasons: string[]
      effects: Effect[]
      epoch: number | null
      onTheWire: string[]
    }
    if (!WAITS.has(decision)) {
      const fence = epoch === null ? '' : `; ${told('fenced', { epoch, count: onTheWire.length })}`
      add('decision', decidedText(decision, `${reasons.join('; ')}${fence}${decision === 'advance' ? keptText(kept) : ''}`), at)
      if (decision !== 'counter_move') kept = new Map()
      // It goes on waiting for what it waited for.
      if (decision !== 'counter_move') waiting = ''
    } else {
      // Minutes that are still to be served change with every tick, and are no news.
      const now = `${decision} ${reasons.join(' ').replaceAll(/[\d.]+/g, '')}`
      if (decision !== 'soak' && now !== waiting) add('waits', decidedText(decision, reasons.join('; ')), at)
      waiting = decision === 'soak' ? '' : now
      for (const reason of reasons.map((text) => text.replace(/^\d+ \w+ more without/, 'not long enough without')))
        if (!reason.endsWith('of good time')) kept.set(reason, (kept.get(reason) ?? 0) + at - lastMs)
    }
    lastMs = at
    for (const effect of effects)
      if (effect.kind === 'resolve' && effect.code === 'breach')
        add('alert', told('gate_clear', { gate: effect.scope.replace('gate:', '') }), at)
  }

  return {
    entries,
    add,
    row({ action, context }, at) {
      if (action === 'rollout.start') add('decision', told('rollout_begins'), at)
      else if ('decision' in context && 'rollout' in context) decided(context, at)
      // The decision itself has just been told.
      else if (action === 'alert.raised' && !String(context['code']).startsWith('rollout_')) {
        const [severity, code, message] = [context['severity'], context['code'], context['message']].map(String)
        add('alert', told('alerted', { severity: severity ?? '', code: code ?? '', told: message ?? '' }), at)
      } else if (action === 'venue.halted' || action === 'venue.resumed')
        add(
          'venue',
          told('decided', { decision: action.replace('.', ' '), told: (context['differences'] as string[]).join('; ') }),
          at,
        )
    },
  }
}

/** `preview_only` as people say it. */
const decidedText = (decision: Decision, text: string): string =>
  told('decided', { decision: decision.replace('_', ' '), told: text })

/** What is worth a word: the dwell was longer for it. */
function keptText(kept: ReadonlyMap<string, number>): string {
  const long = [...kept].filter(([, ms]) => ms >= KEPT_MIN_MS)
  return long.map(([reason, ms]) => `; ${told('kept', { duration: durationText(ms), told: reason })}`).join('')
}
