import type { AuditItem } from '@spark/contract/audit'
import { isRecord } from './record.ts'

/** Actions of people and of the controller on the rollout, the kill switches and the settings. */
export const DECISION_ACTIONS = [
  ...[
    'start',
    'advance',
    'approve',
    'promote',
    'pause',
    'resume',
    'preview',
    'preview_only',
    'counter_move',
    'rollback',
    'override',
    'kill',
  ].map((kind) => `rollout.${kind}`),
  'kill.set',
  'kill.lifted',
  'settings.applied',
  'risk.limits_changed',
]

/** What a row says why: the reasons that people gave, then the controller's. */
export function reasonsOf({ context }: Pick<AuditItem, 'context'>): string[] {
  const { reason, reasons, input } = context
  const commands = isRecord(input) && Array.isArray(input['commands']) ? input['commands'] : []
  const given = commands.flatMap((one: unknown) => (isRecord(one) && typeof one['reason'] === 'string' ? [one['reason']] : []))
  const told = Array.isArray(reasons) ? reasons.filter((one) => typeof one === 'string') : []
  return [...new Set([...(typeof reason === 'string' ? [reason] : []), ...given, ...told])]
}
