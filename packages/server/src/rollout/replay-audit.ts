import type { AuditReader } from '../storage/audit/audit-reader.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import { createRolloutReplay, type ReplayedRollout } from './replay-rollout.ts'

const ROWS_AT_ONCE = 1000
const STARTS_MAX = 10_000

/**
 * Decides again what the audit says was decided, in constant memory: every rollout, or the one with this id (empty when there is none).
 * Rejects with StorageError.
 */
export async function replayAudit(
  reader: Pick<AuditReader, 'positions' | 'since' | 'list'>,
  rolloutId: string | null,
): Promise<ReplayedRollout[]> {
  const newest = await reader.positions()
  const firstSeq = rolloutId === null ? 1 : await startOf(reader, rolloutId)
  if (firstSeq === null) return []
  const replay = createRolloutReplay()
  for (let seq = firstSeq - 1; seq < (newest[ORDER_WRITER] ?? 0);) {
    // The other chains stand at their ends: nothing of them is read.
    const rows = await reader.since({ ...newest, [ORDER_WRITER]: seq }, ROWS_AT_ONCE)
    const own = rows.filter(({ writer }) => writer === ORDER_WRITER)
    if (own.length === 0) break
    for (const row of own) {
      if (rolloutId === null || row.context['rollout'] === rolloutId) replay.take(row)
      seq = row.seq
    }
  }
  return replay.rollouts()
}

/** Number of the row that tells of its start, or null. */
async function startOf(reader: Pick<AuditReader, 'list'>, rolloutId: string): Promise<number | null> {
  const { items } = await reader.list({ limit: STARTS_MAX, action: 'rollout.start' })
  const start = items.findLast(({ context }) => context['rollout'] === rolloutId)
  return start === undefined ? null : Number(start.id.slice(ORDER_WRITER.length + 1))
}
