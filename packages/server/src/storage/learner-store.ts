import type { LearnerState } from '@spark/core/learning/learner-state'
import type { UpdateEvidence } from '@spark/core/learning/weekly-update'
import type { Kysely } from 'kysely'
import { createModelStore } from './model-store.ts'
import type { MainTables } from './tables.ts'

export interface StoredLearner {
  state: LearnerState
  /** Labels that were over by then are in it, ms. */
  learnedTo: number
}

/** A model that the update has made, which is stored already, and what it rests on. */
export interface Candidate {
  version: string
  parent: string
  evidence: UpdateEvidence
}

/** What a candidate is pointed at by: it is scored in shadow, and takes over only by a rollout. */
const CHALLENGER = 'challenger'

export interface LearnerStore {
  /** Null before the first update. */
  get(): Promise<StoredLearner | null>
  /**
   * Moves on from `fromTo` (null: the first), with the candidate as challenger and its evidence when there is one; `also` runs in the
   * same transaction. False, and nothing changed, when somebody else has moved it since.
   */
  save(
    next: StoredLearner,
    change: {
      fromTo: number | null
      candidate: Candidate | null
      nowMs: number
      also: (trx: Kysely<MainTables>) => Promise<void>
    },
  ): Promise<boolean>
  /** Of every model that an update has made, by version. */
  evidence(): Promise<ReadonlyMap<string, UpdateEvidence>>
}

export function createLearnerStore(db: Kysely<MainTables>): LearnerStore {
  return {
    async get() {
      const row = await db.selectFrom('learner').selectAll().executeTakeFirst()
      return row === undefined ? null : { state: JSON.parse(row.state) as LearnerState, learnedTo: row.learned_to }
    },
    save: (next, change) =>
      db.transaction().execute(async (trx) => {
        if (!(await move(trx, next, change.fromTo, change.nowMs))) return false
        const { candidate, nowMs } = change
        if (candidate !== null) {
          const { version, parent, evidence } = candidate
          const row = { model: version, parent, evidence: JSON.stringify(evidence), created_at: nowMs }
          await trx
            .insertInto('model_training')
            .values(row)
            .onConflict((conflict) => conflict.doNothing())
            .execute()
          await createModelStore(trx).setAlias(CHALLENGER, version, nowMs)
        }
        await change.also(trx)
        return true
      }),
    async evidence() {
      const rows = await db.selectFrom('model_training').select(['model', 'evidence']).execute()
      return new Map(rows.map(({ model, evidence }) => [model, JSON.parse(evidence) as UpdateEvidence]))
    },
  }
}

async function move(
  trx: Kysely<MainTables>,
  { state, learnedTo }: StoredLearner,
  fromTo: number | null,
  nowMs: number,
): Promise<boolean> {
  const row = { id: 1, state: JSON.stringify(state), learned_to: learnedTo, changed_at: nowMs }
  if (fromTo === null) {
    const inserted = await trx
      .insertInto('learner')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    return inserted.numInsertedOrUpdatedRows === 1n
  }
  const updated = await trx.updateTable('learner').set(row).where('learned_to', '=', fromTo).executeTakeFirstOrThrow()
  return updated.numUpdatedRows === 1n
}
