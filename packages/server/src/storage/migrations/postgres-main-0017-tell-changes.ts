import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Whoever obeys the rollout on another host hears of a change when it is committed; a trigger forgets nobody who writes. Files are for
 * one host, whose processes look often enough: they have no such migration.
 */
export const postgresMain0017TellChanges: Migration = {
  async up(db: Kysely<unknown>) {
    await sql
      .raw(
        `create function tell_change() returns trigger language plpgsql as
          $$ begin perform pg_notify('spark_change', ''); return null; end $$`,
      )
      .execute(db)
    for (const table of ['rollout', 'rollout_epoch', 'live_setting', 'kill_switch'])
      await sql
        .raw(
          `create trigger ${table}_tells after insert or update or delete on ${table}
            for each statement execute function tell_change()`,
        )
        .execute(db)
  },
}
