import type { RolloutAnswer } from '@spark/contract/rollout'
import type { Messages } from './i18n/messages.ts'
import type { Permissions } from './session.ts'

export const ROLLOUT_COMMANDS = [
  'start',
  'approve',
  'promote',
  'resume',
  'override',
  'pause',
  'preview',
  'rollback',
  'kill',
] as const
export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number]

/** What takes risk away: one press and one confirmation away from everywhere. */
export const BRAKES: readonly RolloutCommand[] = ['pause', 'preview', 'rollback', 'kill']

const PERMISSION: Record<RolloutCommand, keyof Permissions> = {
  start: 'canAdvance',
  approve: 'canAdvance',
  promote: 'canAdvance',
  resume: 'canAdvance',
  override: 'canOverride',
  pause: 'canBrake',
  preview: 'canBrake',
  rollback: 'canBrake',
  kill: 'canBrake',
}

/** What adds risk is typed before it is done. */
export const TYPED: Partial<Record<RolloutCommand, string>> = { promote: 'promote', override: 'override' }

const ENDED = new Set(['rolled_back', 'killed', 'off'])

/** Why a command makes no sense now, or is not permitted; null: it can be given. The server judges again. */
export function whyNot(
  command: RolloutCommand,
  view: RolloutAnswer | undefined,
  permissions: Permissions,
  m: Messages,
): string | null {
  if (!permissions[PERMISSION[command]]) return m.common.notPermitted
  const { rollout: t } = m
  if (command === 'kill') return null
  // A brake is not kept from anybody because the page does not know: the server judges.
  if (view === undefined) return BRAKES.includes(command) ? null : t.notKnown
  const under = view.id !== null && !ENDED.has(view.phase) ? view : null
  if (command === 'start') return under !== null && under.phase !== 'done' ? t.underWay : null
  if (under === null) return view.id === null ? t.noRolloutForIt : t.endedForIt
  switch (command) {
    case 'pause':
      return under.paused === null ? null : t.pausedAlready
    case 'resume':
      return under.paused === null ? t.notPaused : null
    case 'preview':
      return under.phase === 'live' || under.phase === 'done' ? null : t.notPreview
    case 'approve':
      return under.subState === 'awaiting_approval' || under.phase === 'preview_only' ? null : t.nothingToApprove
    case 'promote':
      return under.phase === 'done' ? t.topShare : null
    default:
      return null
  }
}

/** The share that the next promotion offers first: that of the next step. */
export function nextShare(view: RolloutAnswer | undefined): number {
  if (view === undefined || view.id === null) return 0.1
  const at = view.phase === 'preview_only' || view.phase === 'preview' ? 1 : view.step.index + 1
  return view.steps[at]?.share ?? 1
}
