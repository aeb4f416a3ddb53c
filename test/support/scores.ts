import { setTimeout as wait } from 'node:timers/promises'
import { auditOf } from '@spark/server/storage/audit/audit-location'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { featureNow, postScore, type Spark } from './spark.ts'

/** Whose rows these are. */
const STRATEGY = 'load'

export interface ScoreLoad {
  /** Resolves with the traces of all scores that were answered. */
  stop(): Promise<Set<string>>
}

/** Asks for scores all the time, on so many connections. */
export function startScores(spark: Spark, connections: number): ScoreLoad {
  const answered = new Set<string>()
  const load = { running: true }
  const connection = async () => {
    while (load.running) {
      try {
        const response = await postScore(spark, { feature: featureNow(), strategyId: STRATEGY })
        // Acknowledged is what was answered whole. With ML off an answer has no row.
        const { traceId, mode } = (await response.json()) as { traceId: string; mode?: string }
        if (response.status === 200 && mode !== 'off') answered.add(traceId)
      } catch {
        // The api is down: nothing was acknowledged. A pause, so that the loops do not take the processor from its start.
        await wait(50)
      }
    }
  }
  const running = Array.from({ length: connections }, connection)
  return {
    async stop() {
      load.running = false
      await Promise.all(running)
      return answered
    },
  }
}

/** What the audit says against it: every answered score has a row, and no row or score is there twice. */
export async function scoreProblems(
  place: Pick<Spark, 'dataDir' | 'databasePath'>,
  answered: ReadonlySet<string>,
): Promise<string[]> {
  const reader = openAuditReader(auditOf(place))
  const problems: string[] = []
  const ids = new Set<string>()
  const traces = new Set<string>()
  for await (const { id, traceId } of reader.exportRows({ strategyId: STRATEGY })) {
    if (ids.has(id)) problems.push(`the row ${id} is there twice`)
    if (traces.has(traceId ?? '')) problems.push(`the score ${traceId} has two rows`)
    ids.add(id)
    traces.add(traceId ?? '')
  }
  await reader.close()
  const lost = [...answered].filter((traceId) => !traces.has(traceId))
  return [...problems, ...lost.map((traceId) => `the score ${traceId} was answered and has no row`)]
}
