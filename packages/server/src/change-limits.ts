import { RISK_LIMIT_NAMES, type RiskLimitName } from '@spark/contract/trading'
import type { Clock } from './clock.ts'
import { commandEvent, type Who } from './command-event.ts'
import { effectiveLimits, limitProblems, limitTexts } from './risk-limits.ts'
import type { TradingStores } from './storage/trading-stores.ts'
import type { SparkFile } from './strategies-file.ts'

interface LimitChange {
  name: RiskLimitName
  before: string | null
  after: string | null
}

/**
 * Changes limits in one transaction with its audit event: the next order that is planned, in whichever process, is held to them, and so is
 * every one after a restart. A value of null returns to what config/spark.yaml says. Refused as a whole when one value is wrong.
 */
export async function changeLimits(
  deps: { stores: TradingStores; file: Pick<SparkFile, 'risk'>; clock: Pick<Clock, 'nowMs'> },
  wanted: Partial<Record<RiskLimitName, string | null>>,
  who: Who & { reason: string },
): Promise<{ changes: LimitChange[] } | { problems: string[] }> {
  const { stores, file, clock } = deps
  const given = RISK_LIMIT_NAMES.flatMap((name) => {
    const value = wanted[name]
    return value === undefined || value === null ? [] : [{ name, value: value.trim() }]
  })
  const problems = limitProblems(given)
  if (problems.length > 0) return { problems }
  return stores.db.transaction().execute(async (trx) => {
    const textsNow = async () => limitTexts(effectiveLimits(file, await stores.riskLimits.list(trx)))
    const before = await textsNow()
    const changedAt = clock.nowMs()
    for (const one of given) await stores.riskLimits.put(trx, { ...one, actor: who.actor, changedAt })
    for (const name of RISK_LIMIT_NAMES.filter((one) => wanted[one] === null)) await stores.riskLimits.remove(trx, name)
    const after = await textsNow()
    const changes = RISK_LIMIT_NAMES.filter((name) => before[name] !== after[name]).map((name) => ({
      name,
      before: before[name],
      after: after[name],
    }))
    if (changes.length > 0)
      await stores.outbox.add(trx, [
        commandEvent(who, { ts: changedAt, action: 'risk.limits_changed', context: { reason: who.reason, changes } }),
      ])
    return { changes }
  })
}
