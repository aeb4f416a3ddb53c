import type { NoticeKind, Severity } from '@spark/core/alert/alert'
import type { Kysely } from 'kysely'
import type { NewAlert } from './alert-store.ts'
import type { MainTables } from './tables.ts'

/** Which channels hear of it: `escalated` also those that are kept for escalations. */
export type Audience = 'told' | 'escalated'

/** What people are told of an alert; it never changes. */
export interface Notice extends NewAlert {
  alert: number
  kind: NoticeKind
  ts: number
}

/** Notices wait in a group, which goes out as one message a channel. */
export interface AlertNoticeStore {
  /** Adds it to the open group of its audience that is younger than `joinMs`, or opens one. */
  add(trx: Kysely<MainTables>, audience: Audience, notice: Notice, joinMs: number): Promise<{ group: number; opened: boolean }>
  /** From now on nothing joins the group; resolves with what is in it, oldest first. */
  close(group: number): Promise<Notice[]>
  /** Removes groups that were opened before. */
  prune(beforeMs: number): Promise<number>
}

export function createAlertNoticeStore(db: Kysely<MainTables>): AlertNoticeStore {
  return {
    async add(trx, audience, { alert, ...notice }, joinMs) {
      const open = await trx
        .selectFrom('alert_group')
        .select('id')
        .where('audience', '=', audience)
        .where('closed', '=', 0)
        .where('opened_at', '>', notice.ts - joinMs)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      const { id } =
        open ??
        (await trx
          .insertInto('alert_group')
          .values({ audience, opened_at: notice.ts, closed: 0 })
          .returning('id')
          .executeTakeFirstOrThrow())
      await trx
        .insertInto('alert_notice')
        .values({ group_id: id, alert_id: alert, ...notice })
        .execute()
      return { group: id, opened: open === undefined }
    },
    close: (group) =>
      db.transaction().execute(async (trx) => {
        await trx.updateTable('alert_group').set({ closed: 1 }).where('id', '=', group).execute()
        const rows = await trx.selectFrom('alert_notice').selectAll().where('group_id', '=', group).orderBy('id').execute()
        return rows.map(({ alert_id: alert, kind, ts, severity, code, scope, message }) => ({
          alert,
          kind: kind as NoticeKind,
          ts,
          severity: severity as Severity,
          code,
          scope,
          message,
        }))
      }),
    prune: (beforeMs) =>
      db.transaction().execute(async (trx) => {
        const old = trx.selectFrom('alert_group').select('id').where('opened_at', '<', beforeMs)
        await trx.deleteFrom('alert_notice').where('group_id', 'in', old).execute()
        const { numDeletedRows } = await trx.deleteFrom('alert_group').where('opened_at', '<', beforeMs).executeTakeFirstOrThrow()
        return Number(numDeletedRows)
      }),
  }
}
