import type { OptimizationAsk, OptimizationView, Proposal } from '@spark/contract/optimization'
import type { Kysely } from 'kysely'
import { createApartRuns, endOfRun, FRESH_RUN, standOfRun, type ApartEnd, type ApartRuns } from './apart-runs.ts'
import type { OptimizationRow } from './operation-tables.ts'
import type { MainTables } from './tables.ts'

export interface StoredOptimization extends OptimizationView {
  ask: OptimizationAsk
  /** Whole, or null: it is written when the search has ended. */
  proposal: Proposal | null
}

export interface OptimizationStore extends ApartRuns {
  ask(
    trx: Kysely<MainTables>,
    optimization: Pick<StoredOptimization, 'id' | 'strategyId' | 'askedBy' | 'askedAt' | 'reason' | 'ask'>,
  ): Promise<void>
  get(id: string): Promise<StoredOptimization | null>
  /** Newest first; of one strategy when it is named. */
  list(limit: number, strategyId?: string): Promise<StoredOptimization[]>
  end(id: string, ended: ApartEnd & { result?: unknown }): Promise<void>
}

export function createOptimizationStore(db: Kysely<MainTables>): OptimizationStore {
  return {
    ...createApartRuns(db, 'optimization'),
    async ask(trx, { id, strategyId, askedBy, askedAt, reason, ask }) {
      const row = { id, strategy_id: strategyId, asked_by: askedBy, asked_at: askedAt, reason, ask: JSON.stringify(ask) }
      await trx
        .insertInto('optimization')
        .values({ ...row, ...FRESH_RUN, proposal: null })
        .execute()
    },
    async get(id) {
      const row = await db.selectFrom('optimization').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : fromRow(row)
    },
    async list(limit, strategyId) {
      const newest = db.selectFrom('optimization').selectAll().orderBy('asked_at', 'desc').orderBy('id').limit(limit)
      const wanted = strategyId === undefined ? newest : newest.where('strategy_id', '=', strategyId)
      return (await wanted.execute()).map(fromRow)
    },
    async end(id, { result, ...ended }) {
      const proposal = result === undefined ? null : JSON.stringify(result)
      await db
        .updateTable('optimization')
        .set({ ...endOfRun(ended), proposal })
        .where('id', '=', id)
        .execute()
    },
  }
}

function fromRow(row: OptimizationRow): StoredOptimization {
  return {
    id: row.id,
    strategyId: row.strategy_id,
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    reason: row.reason,
    ask: JSON.parse(row.ask) as OptimizationAsk,
    ...standOfRun(row),
    proposal: row.proposal === null ? null : (JSON.parse(row.proposal) as Proposal),
  }
}
