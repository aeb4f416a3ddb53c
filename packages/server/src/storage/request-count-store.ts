import type { Kysely } from 'kysely'
import { prepared } from './prepared.ts'
import type { MainTables, RequestCountRow } from './tables.ts'

/** How often somebody asked in a minute, as every process counted it. Minutes since 1970. Rejects with StorageError. */
export interface RequestCountStore {
  /** Of this process, in place of what it said before. What is older than the minute before is removed. */
  put(minute: number, process: string, counts: ReadonlyMap<string, number>): Promise<void>
  /** The sums of the other processes. */
  ofOthers(minute: number, process: string): Promise<Map<string, number>>
}

const putAll = prepared<MainTables, { rows: readonly RequestCountRow[] }>(
  (from, parameter) =>
    from
      .insertInto('request_count')
      .values(parameter('rows'))
      .onConflict((conflict) =>
        conflict.columns(['minute', 'process', 'whose']).doUpdateSet((row) => ({ requests: row.ref('excluded.requests') })),
      ),
  ({ rows }) => rows.length,
)
const removeBefore = prepared<MainTables, { minute: number }>((from, parameter) =>
  from.deleteFrom('request_count').where('minute', '<', parameter('minute')),
)
const sums = prepared<MainTables, { minute: number; process: string }, { whose: string; requests: number | string }>(
  (from, parameter) =>
    from
      .selectFrom('request_count')
      .select(({ fn }) => ['whose', fn.sum('requests').as('requests')])
      .where('minute', '=', parameter('minute'))
      .where('process', '!=', parameter('process'))
      .groupBy('whose'),
)

export function createRequestCountStore(db: Kysely<MainTables>): RequestCountStore {
  let removedBefore = 0
  return {
    async put(minute, process, counts) {
      if (counts.size === 0) return
      await putAll(db, { rows: [...counts].map(([whose, requests]) => ({ minute, process, whose, requests })) })
      if (removedBefore === minute) return
      // Clocks of hosts differ by a moment.
      await removeBefore(db, { minute: minute - 1 })
      removedBefore = minute
    },
    async ofOthers(minute, process) {
      const { rows } = await sums(db, { minute, process })
      return new Map(rows.map(({ whose, requests }) => [whose, Number(requests)]))
    },
  }
}
