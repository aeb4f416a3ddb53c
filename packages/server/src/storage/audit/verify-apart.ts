import { Worker } from 'node:worker_threads'
import type { AuditReport, VerifyAuditOptions } from './verify-audit.ts'

/** verifyAudit in a thread of its own, so that a process that serves goes on meanwhile. */
export function verifyAuditApart(options: VerifyAuditOptions): Promise<AuditReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('verify-thread.ts', import.meta.url), { workerData: options })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the audit was not verified: its thread ended')))
  })
}
