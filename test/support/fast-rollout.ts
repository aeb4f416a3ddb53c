import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Spark } from './spark.ts'

/** One real second is a minute. */
export const FAST_SPEED = 60

/**
 * A rollout whose hours pass in seconds: `strategies` of one stream of 1m, these steps as spark.yaml writes them. What is measured in
 * time has wide limits, so that a busy machine is not taken for a silent market; what is counted keeps its own. `errorHoldMin`: how long
 * errors last until they are acted on.
 */
export function configureFast(
  spark: Spark,
  strategies: number,
  steps: readonly string[],
  { speed = FAST_SPEED, errorHoldMin = 600 }: { speed?: number; errorHoldMin?: number } = {},
): void {
  const file = join(spark.dataDir, 'fast.yaml')
  const rows = Array.from({ length: strategies }, (_, at) => `  - { id: m${at}, symbol: BTCUSDT, tf: 1m }\n`)
  writeFileSync(
    file,
    `strategies:
${rows.join('')}rollout:
  coolDownMin: 0
  steps: [${steps.join(', ')}]
  blindMin: 600
  gates:
    p95: { good: 4000, critical: 5000, holdMin: 600 }
    staleness: { good: 600, critical: 900, holdMin: 600 }
    error_rate: { holdMin: ${errorHoldMin} }
    score_rate: { good: 0.2, critical: 0.1, holdMin: 600 }
    confid_median: { good: 0.01, critical: 0, holdMin: 600 }
`,
  )
  Object.assign(spark.env, { SPARK_CONFIG: file, SPARK_CLOCK_SPEED: String(speed), CANARY_TIMEFRAME: '1m' })
}
