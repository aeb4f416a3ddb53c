import { Worker } from 'node:worker_threads'
import type { RemovedRows } from '@spark/core/audit/checkpoint'
import type { FileRetentionTask } from './file-retention-thread.ts'
import type { RemovedAudit, RetentionPlace } from './retain-audit.ts'

/** The oldest segments of each chain in a file. Its newest one stays, because the chain goes on from it. */
export function fileRetention(dataDir: string): RetentionPlace {
  return {
    due: (cut, before) => apart<RemovedRows | null>({ kind: 'due', dataDir, cut, before }),
    remove: (removed) => apart<RemovedAudit>({ kind: 'remove', dataDir, removed }),
    close: async () => {},
  }
}

/** In a thread: files block whoever works on them. */
function apart<Result>(workerData: FileRetentionTask): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('file-retention-thread.ts', import.meta.url), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('old rows of the audit were not removed: the thread ended')))
  })
}
