import { AUDIT_LIST_MAX } from '@spark/contract/audit'
import type { ChainHead } from '@spark/core/audit/chain'
import { StorageError } from '../storage-error.ts'
import { ThreadClient } from '../thread-client.ts'
import { type AuditItem, auditItem } from './audit-event.ts'
import type { AuditLocation } from './audit-location.ts'
import { AuditLog } from './audit-log.ts'
import type { AuditReadRequest, AuditReadResult } from './audit-read-thread.ts'
import {
  type AuditFilter,
  type AuditListQuery,
  type AuditPlace,
  AuditQueryError,
  cursorOf,
  placeOfCursor,
} from './audit-query.ts'
import { auditPlace, openAuditSource } from './audit-source.ts'
import type { FoundLine } from './audit-tail.ts'

export type { AuditFilter, AuditListQuery } from './audit-query.ts'

export interface AuditReader {
  /** Newest first, by time, then writer, then number. Rejects with AuditQueryError or StorageError. */
  list(query: AuditListQuery): Promise<{ items: AuditItem[]; nextCursor: string | null }>
  /** Oldest first, in constant memory, until no newer row is there. */
  exportRows(filter: AuditFilter): AsyncGenerator<AuditItem, void, void>
  /**
   * At most `limit` rows behind the given numbers (a writer not named: from its first), in order within each writer; also the
   * HIDDEN_ACTIONS. Ask again with the numbers of what came.
   */
  since(positions: Readonly<Record<string, number>>, limit: number): Promise<(AuditItem & { writer: string; seq: number })[]>
  /** The newest row of every writer. */
  heads(): Promise<Record<string, ChainHead>>
  /** Its number alone: what `since` starts from to see only what comes now. */
  positions(): Promise<Record<string, number>>
  close(): Promise<void>
}

const EXPORT_PAGE_ROWS = 500

/**
 * Reads all chains, by default in a worker thread; `thread: false` reads in the calling thread and blocks it,
 * for short commands and for heads. New writers are seen as soon as they have a file.
 */
export function openAuditReader({ thread = true, ...location }: AuditLocation & { thread?: boolean }): AuditReader {
  const log = thread ? threadLog(location) : new AuditLog(openAuditSource(location))
  const item = ({ writer, seq, line }: FoundLine) => itemOf(location, writer, seq, line)

  return {
    async list({ limit, cursor, ...filter }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > AUDIT_LIST_MAX) {
        throw new AuditQueryError('invalid_limit', `limit ${limit} is not a whole number from 1 to ${AUDIT_LIST_MAX}`)
      }
      const after = cursor === undefined ? null : placeOfCursor(cursor)
      // One more than asked for tells whether there is a next page.
      const query = { filter, direction: 'desc', limit: limit + 1, after } as const
      const lines = await log.page(query)
      const last = lines.length > limit ? lines[limit - 1] : undefined
      return { items: lines.slice(0, limit).map(item), nextCursor: last === undefined ? null : cursorOf(last) }
    },
    async *exportRows(filter) {
      let after: AuditPlace | null = null
      for (;;) {
        const query = { filter, direction: 'asc', limit: EXPORT_PAGE_ROWS, after } as const
        const lines: FoundLine[] = await log.page(query)
        for (const line of lines) yield item(line)
        const last = lines.at(-1)
        if (last === undefined || lines.length < EXPORT_PAGE_ROWS) return
        after = { ts: last.ts, writer: last.writer, seq: last.seq }
      }
    },
    async since(positions, limit) {
      const lines = await log.since(positions, limit)
      return lines.map((line) => ({ ...item(line), writer: line.writer, seq: line.seq }))
    },
    heads: () => log.heads(),
    async positions() {
      return Object.fromEntries(Object.entries(await log.heads()).map(([writer, { seq }]) => [writer, seq]))
    },
    close: () => log.close(),
  }
}

/** The thread starts at the first question, and anew when it died: a process that nobody asks does not pay 45 MB for it. */
function threadLog(location: AuditLocation): Pick<AuditLog, 'page' | 'since' | 'heads' | 'close'> {
  const path = auditPlace(location, null)
  let thread: ThreadClient<AuditReadRequest, AuditReadResult> | null = null
  let closed = false
  const ask = async (request: AuditReadRequest): Promise<AuditReadResult> => {
    if (closed) throw new StorageError('unavailable', path, 'the audit reader is closed')
    if (thread === null || thread.ended !== null) {
      const script = new URL('./audit-read-thread.ts', import.meta.url)
      thread = new ThreadClient({ script, name: 'audit reader', workerData: location, path, memoryMbMax: 256 })
    }
    return thread.ask(request)
  }
  return {
    page: async (query) => (await ask({ kind: 'page', query })).lines,
    since: async (positions, limit) => (await ask({ kind: 'since', positions, limit })).lines,
    heads: async () => (await ask({ kind: 'heads' })).heads,
    async close() {
      closed = true
      await thread?.close({ kind: 'close' })
    },
  }
}

/** A line that cannot be read is damage that `verifyAudit` will name; it is not skipped in silence. */
function itemOf(location: AuditLocation, writer: string, seq: number, line: string): AuditItem {
  try {
    return auditItem(writer, seq, line)
  } catch (error) {
    throw new StorageError('corrupt', auditPlace(location, writer), `row ${seq} of ${writer} cannot be read`, error)
  }
}
