import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { scoreProblems, startScores } from '../support/scores.ts'
import { createSpark, eventually, health, healthy, type Spark } from '../support/spark.ts'

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
    const load = startScores(spark, CONNECTIONS)
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

async function verifyAnswered(spark: Spark, answered: ReadonlySet<string>): Promise<void> {
  expect(answered.size).toBeGreaterThan(0)
  expect(await scoreProblems(spark, answered)).toEqual([])
  const verify = await spark.run('audit', 'verify')
  expect(verify.stdout).toContain('The audit is whole.')
  expect(verify.code).toBe(0)
}
