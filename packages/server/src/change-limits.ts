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
 * every one after a restart. A value of null returns to what config/spark.yaml says. What counts already is not stored: it would hold
 * against a later change of the file, and nobody had changed it. Refused as a whole when one value is wrong.
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
    const stored = await stores.riskLimits.list(trx)
    const { limits, unreadable } = effectiveLimits(file, stored)
    const before = limitTexts(limits)
    const asked = limitTexts(effectiveLimits(file, given).limits)
    const changedAt = clock.nowMs()
    const put = given.filter(({ name }) => before[name] !== asked[name] || unreadable.includes(name))
    for (const one of put) await stores.riskLimits.put(trx, { ...one, actor: who.actor, changedAt })
    const toFile = stored.map(({ name }) => name).filter((name) => wanted[name] === null)
    for (const name of toFile) await stores.riskLimits.remove(trx, name)
    const after = limitTexts(effectiveLimits(file, await stores.riskLimits.list(trx)).limits)
    // By what was stored, not by what counts: a limit that equals the file's is another one as soon as the file changes.
    const touched = new Set([...put.map(({ name }) => name), ...toFile])
    const changes = RISK_LIMIT_NAMES.filter((name) => touched.has(name)).map((name) => ({
      name,
      before: before[name],
      after: after[name],
    }))
    if (changes.length > 0)
      await stores.outbox.add(trx, [
        commandEvent(who, { ts: changedAt, action: 'risk.limits_changed', context: { reason: who.reason, changes, toFile } }),
      ])
    return { changes }
  })
}
