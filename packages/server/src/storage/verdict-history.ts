import { verdictFigures, type Evidence } from '@spark/core/calibration/verdict'
import type { ModelVerdict } from '@spark/core/rollout/state'
import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

const DAY_MS = 86_400_000

/** What was thought of a model at the end of a round. */
export interface PastVerdict {
  /** End of the round, ms. */
  at: number
  verdict: ModelVerdict
  labels: number
  netReturn: { low: number; mean: number; high: number } | null
}

/** Keeps the verdict in the place of the one before when that is of the same day and says the same. */
export async function keepVerdict(
  trx: Kysely<MainTables>,
  { model, evidence, roundsTo }: { model: string; evidence: Evidence; roundsTo: number },
): Promise<void> {
  const { verdict, labels, netReturn } = verdictFigures(evidence)
  if (labels === 0) return
  const own = trx.selectFrom('verdict_history').select(['rounds_to', 'verdict']).where('model', '=', model)
  const last = await own.orderBy('rounds_to', 'desc').limit(1).executeTakeFirst()
  const sameDay = last !== undefined && Math.floor(last.rounds_to / DAY_MS) === Math.floor(roundsTo / DAY_MS)
  if (sameDay && last.verdict === verdict)
    await trx.deleteFrom('verdict_history').where('model', '=', model).where('rounds_to', '=', last.rounds_to).execute()
  const figures = { net_low: netReturn?.low ?? null, net_mean: netReturn?.mean ?? null, net_high: netReturn?.high ?? null }
  await trx
    .insertInto('verdict_history')
    .values({ model, rounds_to: roundsTo, verdict, labels, ...figures })
    // Counted anew, a round may end when one did before.
    .onConflict((conflict) => conflict.columns(['model', 'rounds_to']).doUpdateSet({ verdict, labels, ...figures }))
    .execute()
}

/** Counted anew up to an earlier round: what was thought later rested on labels that do not count. */
export async function forgetVerdictsAfter(trx: Kysely<MainTables>, model: string, roundsTo: number): Promise<void> {
  await trx.deleteFrom('verdict_history').where('model', '=', model).where('rounds_to', '>', roundsTo).execute()
}

/** The newest `limit`, oldest first. */
export async function pastVerdicts(db: Kysely<MainTables>, model: string, limit: number): Promise<PastVerdict[]> {
  const own = db.selectFrom('verdict_history').selectAll().where('model', '=', model)
  const rows = await own.orderBy('rounds_to', 'desc').limit(limit).execute()
  return rows.toReversed().map(({ rounds_to: at, verdict, labels, net_low: low, net_mean: mean, net_high: high }) => ({
    at,
    verdict: verdict as ModelVerdict,
    labels,
    netReturn: low === null || mean === null || high === null ? null : { low, mean, high },
  }))
}
