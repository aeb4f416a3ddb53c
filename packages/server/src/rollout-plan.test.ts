import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_PLAN, type RolloutPlan } from '@spark/core/rollout/plan'
import { ROOT_DIR } from './config.ts'
import { parseSparkFile } from './strategies-file.ts'
import { rolloutPlanOf } from './rollout-plan.ts'

it('the exposure lease is 30 s of the clock, and never less than 2 real seconds', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (speed) => {
      const { leaseMs } = rolloutPlanOf({ strategies: [] }, speed)
      expect(leaseMs).toBeGreaterThanOrEqual(30_000)
      expect(leaseMs / speed).toBeGreaterThanOrEqual(speed <= 15 ? 30_000 / speed : 2000)
      expect(rolloutPlanOf({ strategies: [] }).leaseMs).toBe(30_000)
    }),
  ))

/** Shares of what is due stand there with four digits. */
const rounded = (plan: RolloutPlan) =>
  JSON.parse(
    JSON.stringify(plan, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)),
  ) as RolloutPlan

it('what config/spark.yaml shows of the rollout in comments is the default plan, and a file that says nothing has it', () => {
  const text = readFileSync(join(ROOT_DIR, 'config/spark.yaml'), 'utf8')
  const section = /^# rollout:\n(?:# {3}.*\n)+/m.exec(text)?.[0] ?? ''
  expect(section.split('\n').length).toBeGreaterThan(20)
  const strategies = 'strategies: [{ id: a, symbol: BTCUSDT, tf: 1h }]\n'
  const planOf = (yaml: string) => {
    const parsed = parseSparkFile(yaml, 'spark.yaml')
    if ('problems' in parsed) throw new Error(parsed.problems.join('\n'))
    return rolloutPlanOf(parsed.file)
  }
  expect(planOf(strategies)).toEqual(DEFAULT_PLAN)
  expect(rounded(planOf(strategies + section.replaceAll(/^# /gm, '')))).toEqual(rounded(DEFAULT_PLAN))
})
