import type { Kysely } from 'kysely'
import type { MainTables } from './tables.ts'

/** Labels of a model that ended in fromMs <= exitTs < toMs; read from an index alone. */
export async function countEndedLabels(
  db: Kysely<MainTables>,
  model: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<number> {
  const own = db.selectFrom('label').where('model', '=', model).where('exit_ts', '>=', fromMs).where('exit_ts', '<', toMs)
  return (await own.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count
}
