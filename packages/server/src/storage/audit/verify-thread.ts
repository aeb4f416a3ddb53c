import { parentPort, workerData } from 'node:worker_threads'
import { verifyAudit, type VerifyAuditOptions } from './verify-audit.ts'

/** Worker thread that verifies once and tells the report. */
const port = parentPort
if (port === null) throw new Error('this file runs in a worker thread only')
port.postMessage(await verifyAudit(workerData as VerifyAuditOptions))
