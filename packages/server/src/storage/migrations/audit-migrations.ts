import type { Migration } from 'kysely/migration'
import { audit0001First } from './audit-0001-first.ts'
import { auditIndex0001First } from './audit-index-0001-first.ts'

// Apart from those of the other databases: every thread of the audit loads them.
export const AUDIT_MIGRATIONS: Record<string, Migration> = { '0001-first': audit0001First }
export const AUDIT_INDEX_MIGRATIONS: Record<string, Migration> = { '0001-first': auditIndex0001First }
