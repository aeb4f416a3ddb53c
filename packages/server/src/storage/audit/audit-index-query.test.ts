import { CompiledQuery } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { openAuditIndex } from './audit-files.ts'
import { entryQuery } from './audit-index-query.ts'
import type { AuditFilter } from './audit-query.ts'

const AFTER = { ts: 1_000, writer: 'api-1', seq: 7 }
const CASES: [string, AuditFilter, 0 | 1 | null, string][] = [
  ['nothing', {}, 0, 'audit_entry_hidden'],
  ['all', { all: true }, null, 'PRIMARY KEY'],
  ['an action', { action: 'ml.score' }, null, 'audit_entry_action'],
  ['a strategy', { strategyId: 's' }, 0, 'audit_entry_strategy'],
  ['a strategy and an action', { strategyId: 's', action: 'ml.score' }, 0, 'audit_entry_strategy'],
  ['a trace', { traceId: 't' }, null, 'audit_entry_trace'],
  ['a trace and everything else', { traceId: 't', action: 'a', strategyId: 's', from: 1, to: 2 }, null, 'audit_entry_trace'],
  ['times', { from: 1, to: 2 }, 0, 'audit_entry_hidden'],
]

it.each(CASES)('a list by %s walks one index in the order of the answer', async (_name, filter, hidden, index) => {
  const { db, close } = await openIndex()
  for (const direction of ['asc', 'desc'] as const) {
    const { sql, parameters } = entryQuery(db, { filter, direction, limit: 100, after: AFTER }, hidden).compile()
    const { rows } = await db.executeQuery<{ detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]))
    const plan = rows.map(({ detail }) => detail)
    expect(plan).toHaveLength(1)
    expect(plan[0]).toContain(`SEARCH audit_entry USING`)
    expect(plan[0]).toContain(index)
  }
  await close()
})

async function openIndex() {
  const index = await openAuditIndex(temporaryFolder(), { busyTimeoutMs: 100 })
  onTestFinished(() => index.close())
  return { db: index.db, close: () => index.close() }
}
