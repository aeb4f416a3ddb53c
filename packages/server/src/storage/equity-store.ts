import { dayText } from '@spark/contract/time'
import type { DecimalText } from '@spark/core/trading/decimal'
import { sql, type Kysely } from 'kysely'
import { prepared } from './prepared.ts'
import type { MainTables } from './tables.ts'

export interface EquityPoint {
  ts: number
  /** `total`, `arm:NAME` or `strategy:ID`. */
  scope: string
  /** Quote units, all of them. */
  equity: DecimalText
  realized: DecimalText
  unrealized: DecimalText
  fees: DecimalText
}

export interface EquityStore {
  /** A second point of the same time and scope replaces the first. */
  add(points: readonly EquityPoint[]): Promise<void>
  /** At most `limit` points of a scope with ts >= fromMs, oldest first: the newest when there are more. */
  points(scope: string, fromMs: number, limit: number): Promise<EquityPoint[]>
  /** Equity at a moment that limits refer to: `day:2026-11-24`, `peak`, `now`. */
  mark(name: string): Promise<{ equity: DecimalText; ts: number } | null>
  /** Of points older than `beforeMs` only those on the full hour stay; resolves with how many went. */
  thin(beforeMs: number): Promise<number>
  setMark(name: string, equity: DecimalText, nowMs: number): Promise<void>
}

const ROWS_A_STATEMENT = 1000

const putPoints = prepared<MainTables, { points: readonly EquityPoint[] }>(
  (from, parameter) =>
    from
      .insertInto('equity_point')
      .values(parameter('points'))
      .onConflict((conflict) =>
        conflict.columns(['ts', 'scope']).doUpdateSet((eb) => ({
          equity: eb.ref('excluded.equity'),
          realized: eb.ref('excluded.realized'),
          unrealized: eb.ref('excluded.unrealized'),
          fees: eb.ref('excluded.fees'),
        })),
      ),
  ({ points }) => points.length,
)
const putMark = prepared<MainTables, { name: string; equity: DecimalText; now: number }>((from, parameter) => {
  const mark = { ts: parameter('now'), equity: parameter('equity') }
  return from
    .insertInto('equity_mark')
    .values({ name: parameter('name'), ...mark })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(mark))
})

/** Where the day began, UTC. */
export function dayMark(ms: number): string {
  return `day:${dayText(ms)}`
}

export function createEquityStore(db: Kysely<MainTables>): EquityStore {
  return {
    async add(points) {
      for (let at = 0; at < points.length; at += ROWS_A_STATEMENT)
        await putPoints(db, { points: points.slice(at, at + ROWS_A_STATEMENT) })
    },
    async points(scope, fromMs, limit) {
      const rows = await db
        .selectFrom('equity_point')
        .selectAll()
        .where('scope', '=', scope)
        .where('ts', '>=', fromMs)
        .orderBy('ts', 'desc')
        .limit(limit)
        .execute()
      return rows.toReversed()
    },
    async thin(beforeMs) {
      const { numDeletedRows } = await db
        .deleteFrom('equity_point')
        .where('ts', '<', beforeMs)
        .where(sql<number>`ts % 3600000`, '!=', 0)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
    async mark(name) {
      const row = await db.selectFrom('equity_mark').select(['equity', 'ts']).where('name', '=', name).executeTakeFirst()
      return row ?? null
    },
    async setMark(name, equity, nowMs) {
      await putMark(db, { name, equity, now: nowMs })
    },
  }
}
