import type { QueryClient } from '@tanstack/react-query'
import type { AuditItem } from '@spark/contract/audit'
import { HIDDEN_ACTIONS } from '@spark/contract/hidden-actions'
import { DECISION_ACTIONS } from '../audit-reasons.ts'
import { queries } from '../queries.ts'
import { openEventStream, type EventBatch } from './event-stream.ts'
import { mergeRecent } from './stream-state.ts'

/** Puts what the stream brings into what the pages show. Returns what ends it. */
export function startLiveData(client: QueryClient): () => void {
  const renew = (key: readonly unknown[]) => void client.invalidateQueries({ queryKey: key })
  function take(batch: EventBatch): void {
    if (batch.metrics !== null) client.setQueryData(queries.metrics.queryKey, batch.metrics)
    if (batch.rollout !== null) client.setQueryData(queries.rollout.queryKey, batch.rollout)
    // The list leaves the same rows out; the stream brings all.
    const told = batch.audit.filter(({ action }) => !HIDDEN_ACTIONS.includes(action))
    if (told.length > 0)
      client.setQueryData<AuditItem[]>(queries.recent.queryKey, (shown) =>
        shown === undefined ? undefined : mergeRecent(shown, told.toReversed()),
      )
    if (told.some(({ action }) => DECISION_ACTIONS.includes(action))) renew(queries.decisions.queryKey)
    if (batch.orders > 0) for (const key of ['orders', 'positions', 'queue']) renew([key])
    if (batch.alerts > 0) renew(['alerts'])
    if (batch.breaches > 0) renew(['breaches'])
  }
  return openEventStream(take, () => void client.invalidateQueries())
}
