import { statSync } from 'node:fs'
import type { Kysely } from 'kysely'
import type { Database } from '../sqlite/open-database.ts'
import type { AuditIndexTables } from '../tables.ts'
import { auditIndexFile, openAuditIndex } from './audit-files.ts'
import { type AuditLocation, auditUrl, openServerAudit } from './audit-location.ts'

/** Where an index is written. */
export interface IndexPlace {
  /** `anew`: it is not the one of the call before. Rejects when it cannot be written: try again later. */
  open(): Promise<{ db: Kysely<AuditIndexTables>; anew: boolean }>
  close(): Promise<void>
}

export async function openIndexPlace(location: AuditLocation, busyTimeoutMs: number): Promise<IndexPlace> {
  const url = auditUrl(location)
  if (url === null) return new IndexFile(location.dataDir, busyTimeoutMs)
  const audit = await openServerAudit(url, location)
  return { ...indexBeside(audit.db), close: () => audit.close() }
}

/** In the server that has the chain, over the connection of whoever opened it. */
export function indexBeside(db: Kysely<AuditIndexTables>): IndexPlace {
  let anew = true
  return {
    async open() {
      const opened = { db, anew }
      anew = false
      return opened
    },
    close: async () => {},
  }
}

/** Opened when first needed, and anew when it was deleted. */
export class IndexFile implements IndexPlace {
  readonly #dataDir: string
  readonly #busyTimeoutMs: number
  #index: Database<AuditIndexTables> | null = null
  #inode = 0

  constructor(dataDir: string, busyTimeoutMs: number) {
    this.#dataDir = dataDir
    this.#busyTimeoutMs = busyTimeoutMs
  }

  async open(): Promise<{ db: Kysely<AuditIndexTables>; anew: boolean }> {
    const inode = statSync(auditIndexFile(this.#dataDir), { throwIfNoEntry: false })?.ino
    if (this.#index !== null && inode === this.#inode) return { db: this.#index.db, anew: false }
    await this.close()
    const index = await openAuditIndex(this.#dataDir, { busyTimeoutMs: this.#busyTimeoutMs })
    this.#index = index
    this.#inode = statSync(index.path).ino
    return { db: index.db, anew: true }
  }

  async close(): Promise<void> {
    await this.#index?.close()
    this.#index = null
  }
}
