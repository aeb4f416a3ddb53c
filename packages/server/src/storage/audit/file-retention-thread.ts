import { existsSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { ChainHead } from '@spark/core/audit/chain'
import type { RemovedRows } from '@spark/core/audit/checkpoint'
import { auditFile } from './audit-files.ts'
import { dueSegments, removeSegments } from './remove-segments.ts'
import type { RemovedAudit } from './retain-audit.ts'

/** Worker thread that finds, or removes, old rows of all chains once and tells which. */
export type FileRetentionTask =
  | { kind: 'due'; dataDir: string; cut: Readonly<Record<string, ChainHead>>; before: number }
  | { kind: 'remove'; dataDir: string; removed: RemovedRows }

const port = parentPort
if (port === null) throw new Error('this file runs in a worker thread only')
port.postMessage(await work(workerData as FileRetentionTask))

function work(task: FileRetentionTask): Promise<RemovedRows | RemovedAudit | null> {
  return task.kind === 'due' ? dueRows(task) : remove(task)
}

async function dueRows({ dataDir, cut, before }: FileRetentionTask & { kind: 'due' }): Promise<RemovedRows | null> {
  const heads: Record<string, ChainHead> = {}
  for (const [writer, { seq }] of Object.entries(cut)) {
    const head = existsSync(auditFile(dataDir, writer)) ? await dueSegments(dataDir, writer, seq) : null
    if (head !== null) heads[writer] = head
  }
  return Object.keys(heads).length === 0 ? null : { before, heads }
}

async function remove({ dataDir, removed }: FileRetentionTask & { kind: 'remove' }): Promise<RemovedAudit> {
  const done: RemovedAudit = { rows: 0, months: 0, waiting: 0 }
  for (const [writer, { seq }] of Object.entries(removed.heads))
    if (existsSync(auditFile(dataDir, writer))) done.rows += await removeSegments(dataDir, writer, seq)
  return done
}
