import type { AuditEvent } from './storage/audit/audit-event.ts'

/** Who gave a command, and in which call. */
export interface Who {
  actor: string
  traceId: string
}

/** What the audit says of a command. */
export function commandEvent(
  { actor, traceId }: Who,
  { ts, action, strategyId = null, context }: Pick<AuditEvent, 'action' | 'strategyId' | 'context'> & { ts: number },
): AuditEvent {
  return { ts, action, actor, strategyId, traceId, result: 'ok', context }
}
