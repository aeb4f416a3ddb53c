import { existsSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { RemovedRows } from '@spark/core/audit/checkpoint'
import { auditFile } from './audit-files.ts'
import { removeSegments } from './remove-segments.ts'
import type { RemovedAudit } from './retain-audit.ts'

/** Worker thread that removes old rows of all chains once and tells how many. */
const port = parentPort
if (port === null) throw new Error('this file runs in a worker thread only')
const { dataDir, removed } = workerData as { dataDir: string; removed: RemovedRows }
const done: RemovedAudit = { rows: 0, months: 0, waiting: 0 }
for (const [writer, { seq }] of Object.entries(removed.heads))
  if (existsSync(auditFile(dataDir, writer))) done.rows += await removeSegments(dataDir, writer, seq)
port.postMessage(done)
