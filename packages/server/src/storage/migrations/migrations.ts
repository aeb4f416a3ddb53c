import type { Migration } from 'kysely/migration'
import { audit0001First } from './audit-0001-first.ts'
import { auditIndex0001First } from './audit-index-0001-first.ts'
import { main0001First } from './main-0001-first.ts'
import { main0002Trading } from './main-0002-trading.ts'

/** Run in the order of their names; a published one never changes. The schema they make stands in schema.*.sql. */
export const MAIN_MIGRATIONS: Record<string, Migration> = {
  '0001-first': main0001First,
  '0002-trading': main0002Trading,
}
export const AUDIT_MIGRATIONS: Record<string, Migration> = { '0001-first': audit0001First }
export const AUDIT_INDEX_MIGRATIONS: Record<string, Migration> = { '0001-first': auditIndex0001First }
