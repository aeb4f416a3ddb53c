import { workerData } from 'node:worker_threads'
import type { ChainHead } from '@spark/core/audit/chain'
import { serveThread } from '../serve-thread.ts'
import type { PageQuery } from './audit-index-query.ts'
import { type AuditLocation, READ_TIMEOUT_MS } from './audit-location.ts'
import { AuditLog } from './audit-log.ts'
import { openAuditSource } from './audit-source.ts'
import type { FoundLine } from './audit-tail.ts'

/** Worker thread that answers questions to the audit, one after the other. */
export type AuditReadRequest =
  | { kind: 'page'; query: PageQuery }
  | { kind: 'since'; positions: Readonly<Record<string, number>>; limit: number }
  | { kind: 'heads' | 'close' }

export interface AuditReadResult {
  lines: FoundLine[]
  heads: Record<string, ChainHead>
}

const log = new AuditLog(openAuditSource({ ...(workerData as AuditLocation), statementTimeoutMs: READ_TIMEOUT_MS }))

serveThread<AuditReadRequest, AuditReadResult>(
  async (request) => {
    if (request.kind === 'page') return { lines: await log.page(request.query), heads: {} }
    if (request.kind === 'since') return { lines: await log.since(request.positions, request.limit), heads: {} }
    if (request.kind === 'heads') return { lines: [], heads: await log.heads() }
    await log.close()
    return { lines: [], heads: {} }
  },
  ({ kind }) => kind === 'close',
)
