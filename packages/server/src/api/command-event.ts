import type { FastifyRequest } from 'fastify'
import type { AuditEvent } from '../storage/audit/audit-event.ts'

/** What the audit says of a command: who gave it, in which call, and what it was. */
export function commandEvent(
  { principal: actor, traceId }: Pick<FastifyRequest, 'principal' | 'traceId'>,
  { ts, action, strategyId = null, context }: Pick<AuditEvent, 'action' | 'strategyId' | 'context'> & { ts: number },
): AuditEvent {
  return { ts, action, actor, strategyId, traceId, result: 'ok', context }
}
