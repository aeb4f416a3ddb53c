import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { verifyAudit, type VerifyAuditOptions } from './verify-audit.ts'

/** Worker thread that verifies once and tells the report. */
const port = parentPort
if (port === null) throw new Error('this file runs in a worker thread only')
// On Linux it is this thread's own priority, elsewhere the whole process's: scores and orders never wait.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW)
port.postMessage(await verifyAudit(workerData as VerifyAuditOptions))
