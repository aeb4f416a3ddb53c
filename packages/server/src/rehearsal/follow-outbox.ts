import type { AuditEvent } from '../storage/audit/audit-event.ts'
import type { MainTables } from '../storage/tables.ts'
import type { SharedDatabase } from './shared-database.ts'

/**
 * When each event of the audit's outbox was committed, ms since the rollout began. An event that did not come through the outbox
 * happens now.
 */
export function followOutbox(main: SharedDatabase<MainTables>, sinceMs: () => number): (event: AuditEvent) => number {
  const committedMs = new Map<number, number>()
  let last = 0
  main.watch(['audit_outbox'], () => {
    for (const { id } of main.peek('select id from audit_outbox where id > ?', [last])) {
      last = Math.max(last, Number(id))
      committedMs.set(Number(id), sinceMs())
    }
  })
  return ({ context }) => committedMs.get(Number(context['outbox'])) ?? sinceMs()
}
