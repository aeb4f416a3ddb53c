import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Up to which number ids of rollouts were given, also to those that a restored backup does not know. */
export const main0008RolloutIds: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(`alter table rollout_epoch add column rollouts_given integer not null default 0`).execute(db)
  },
}
