import type { Migration } from 'kysely/migration'
import { audit0001First } from './audit-0001-first.ts'
import { auditIndex0001First } from './audit-index-0001-first.ts'
import { main0001First } from './main-0001-first.ts'
import { main0002Trading } from './main-0002-trading.ts'
import { main0003Operation } from './main-0003-operation.ts'
import { main0004Rollout } from './main-0004-rollout.ts'
import { main0009OpenOrders } from './main-0009-open-orders.ts'
import { paper0001First } from './paper-0001-first.ts'
import { paper0002OpenOrders } from './paper-0002-open-orders.ts'

/** Run in the order of their names; a published one never changes. The schema they make stands in schema.*.sql. */
export const MAIN_MIGRATIONS: Record<string, Migration> = {
  '0001-first': main0001First,
  '0002-trading': main0002Trading,
  '0003-operation': main0003Operation,
  '0004-rollout': main0004Rollout,
  '0009-open-orders': main0009OpenOrders,
}
export const AUDIT_MIGRATIONS: Record<string, Migration> = { '0001-first': audit0001First }
export const AUDIT_INDEX_MIGRATIONS: Record<string, Migration> = { '0001-first': auditIndex0001First }
/** The paper venue's own book. */
export const PAPER_MIGRATIONS: Record<string, Migration> = {
  '0001-first': paper0001First,
  '0002-open-orders': paper0002OpenOrders,
}
