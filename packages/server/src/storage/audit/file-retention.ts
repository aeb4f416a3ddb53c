import { Worker } from 'node:worker_threads'
import type { ChainHead } from '@spark/core/audit/chain'
import type { RemovedRows } from '@spark/core/audit/checkpoint'
import { type AuditSource, openAuditSource } from './audit-source.ts'
import type { RemovedAudit, RetentionPlace } from './retain-audit.ts'

/** The oldest segments of each chain in a file. Its newest one stays, because the chain goes on from it. */
export function fileRetention(dataDir: string): RetentionPlace {
  const source = openAuditSource({ dataDir })
  return {
    due: (cut, beforeMs) => dueRows(source, cut, beforeMs),
    remove: (removed) => removeApart({ dataDir, removed }),
    close: () => source.close(),
  }
}

async function dueRows(
  source: AuditSource,
  cut: Readonly<Record<string, ChainHead>>,
  before: number,
): Promise<RemovedRows | null> {
  const heads: Record<string, ChainHead> = {}
  for (const writer of await source.writers()) {
    const chain = await source.chain(writer)
    const end = cut[writer]?.seq ?? 0
    if (chain === null || end === 0) continue
    const newest = await chain
      .selectFrom('audit_segment')
      .select('first_seq')
      .where('writer', '=', writer)
      .orderBy('first_seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    const last = await chain
      .selectFrom('audit_segment')
      .select(['last_seq', 'hashes'])
      .where('writer', '=', writer)
      .where('first_seq', '<', newest?.first_seq ?? 0)
      .where('last_seq', '<=', end)
      .orderBy('first_seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (last !== undefined) heads[writer] = { seq: last.last_seq, hash: last.hashes.split('\n').at(-1) ?? '' }
  }
  return Object.keys(heads).length === 0 ? null : { before, heads }
}

/** In a thread: files block whoever works on them. */
function removeApart(workerData: { dataDir: string; removed: RemovedRows }): Promise<RemovedAudit> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('file-retention-thread.ts', import.meta.url), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('old rows of the audit were not removed: the thread ended')))
  })
}
