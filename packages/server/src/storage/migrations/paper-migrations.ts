import type { Migration } from 'kysely/migration'
import { paper0001First } from './paper-0001-first.ts'
import { paper0002ReusedIds } from './paper-0002-reused-ids.ts'

/** The paper venue's own book. */
export const PAPER_MIGRATIONS: Record<string, Migration> = {
  '0001-first': paper0001First,
  '0002-reused-ids': paper0002ReusedIds,
}
