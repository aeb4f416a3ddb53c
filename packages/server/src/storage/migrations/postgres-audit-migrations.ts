import type { Migration } from 'kysely/migration'
import { postgresAudit0001First } from './postgres-audit-0001-first.ts'

/** Of the audit on PostgreSQL, which stands in the main database. */
export const POSTGRES_AUDIT_MIGRATIONS: Record<string, Migration> = { '0001-first': postgresAudit0001First }
