import { MIGRATION_TABLE, type Schema } from '../migrate.ts'
import { POSTGRES_AUDIT_MIGRATIONS } from './postgres-audit-migrations.ts'
import { POSTGRES_MAIN_MIGRATIONS } from './postgres-main-migrations.ts'
import { POSTGRES_PAPER_MIGRATIONS } from './postgres-paper-migrations.ts'

export const MAIN_SCHEMA: Schema = { table: MIGRATION_TABLE, migrations: POSTGRES_MAIN_MIGRATIONS }
export const AUDIT_SCHEMA: Schema = { table: 'kysely_audit_migration', migrations: POSTGRES_AUDIT_MIGRATIONS }
export const PAPER_SCHEMA: Schema = { table: 'kysely_paper_migration', migrations: POSTGRES_PAPER_MIGRATIONS }
