import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { auditOf } from '@spark/server/storage/audit/audit-location'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { createSpark, eventually, featureNow, health, healthy, postScore, type Spark } from '../support/spark.ts'

export interface KillFigures {
  kills: number
  answered: number
  restartMs: { median: number; p95: number; max: number }
}

const CONNECTIONS = 16

/** Ends the api under load, again and again; then proves that every answered score is in a whole audit. */
export async function endApiUnderLoad(kills: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<KillFigures> {
  const spark = await createSpark({ FEATURE_ML_SCORING: '0.1' })
  const up = spark.start('up')
  try {
    await healthy(spark)
    const load = startLoad(spark)
    const restarts: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      const { pid } = await healthy(spark)
      // A different moment of the work each time, from 50 to 450 ms into it.
      await wait(50 + ((kill * 7919) % 400))
      process.kill(pid, signal)
      const killedMs = performance.now()
      await eventually('the api is back', 20_000, async () => {
        const answer = await health(spark)
        return answer.ok && answer.pid !== pid
      })
      restarts.push(performance.now() - killedMs)
    }
    const answered = await load.stop()
    await verifyAnswered(spark, answered)
    restarts.sort((a, b) => a - b)
    return {
      kills,
      answered: answered.size,
      restartMs: {
        median: restarts[restarts.length >> 1] ?? 0,
        p95: restarts[Math.floor(restarts.length * 0.95) - 1] ?? 0,
        max: restarts.at(-1) ?? 0,
      },
    }
  } catch (error) {
    throw new Error(`the log ends with:\n${up.log().slice(-4000)}`, { cause: error })
  } finally {
    await spark.remove()
  }
}

function startLoad(spark: Spark): { stop(): Promise<Set<string>> } {
  const answered = new Set<string>()
  const load = { running: true }
  const connection = async () => {
    while (load.running) {
      try {
        const response = await postScore(spark, { feature: featureNow(), strategyId: 'kill-test' })
        // Acknowledged is what was answered whole.
        const { traceId } = (await response.json()) as { traceId: string }
        if (response.status === 200) answered.add(traceId)
      } catch {
        // The api is down: nothing was acknowledged. A pause, so that 16 loops do not take the processor from its start.
        await wait(50)
      }
    }
  }
  const connections = Array.from({ length: CONNECTIONS }, connection)
  return {
    async stop() {
      load.running = false
      await Promise.all(connections)
      return answered
    },
  }
}

async function verifyAnswered(spark: Spark, answered: ReadonlySet<string>): Promise<void> {
  expect(answered.size).toBeGreaterThan(0)
  const reader = openAuditReader(auditOf(spark))
  const missing = new Set(answered)
  const seen = new Set<string>()
  for await (const row of reader.exportRows({ strategyId: 'kill-test' })) {
    expect(seen.has(row.id)).toBe(false)
    seen.add(row.id)
    missing.delete(row.traceId ?? '')
  }
  await reader.close()
  expect([...missing]).toEqual([])
  const verify = await spark.run('audit', 'verify')
  expect(verify.stdout).toContain('The audit is whole.')
  expect(verify.code).toBe(0)
}
