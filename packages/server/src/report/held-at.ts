import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { LiveSetting } from '../storage/live-setting-store.ts'
import { PARSERS } from '../live-settings.ts'
import type { SettingChange } from '../rollout/apply-settings.ts'
import type { AuditOutbox } from '../storage/audit-outbox.ts'
import type { ModelStore } from '../storage/model-store.ts'

export interface HeldDeps {
  auditReader: Pick<AuditReader, 'exportRows'>
  outbox: Pick<AuditOutbox, 'waiting'>
}

/**
 * Settings and aliases are stored as they are now. Whatever was changed since the end of a period has a row in the audit, or waits in
 * the outbox to become one, that says what was before: the first of those says what held at that end. The outbox is read first, as
 * what leaves it is in the audit by then; and both after what is stored now, so that no change is missed.
 */
async function heldAt<Value>(
  { auditReader, outbox }: HeldDeps,
  action: string,
  toMs: number,
  before: (context: Record<string, unknown>) => Value | null,
): Promise<Value | null> {
  const waiting = await outbox.waiting(action, toMs)
  for await (const { context } of auditReader.exportRows({ action, from: toMs })) {
    const value = before(context)
    if (value !== null) return value
  }
  for (const { context } of waiting) {
    const value = before(context)
    if (value !== null) return value
  }
  return null
}

/** The confidence floor at the end of a period; null: it is what it is now. One of the environment leaves no trace when it changes. */
export async function floorAt(deps: HeldDeps, applied: readonly LiveSetting[], toMs: number): Promise<number | null> {
  const row = applied.find(({ name }) => name === 'ML_CONFID_FLOOR')
  if (row === undefined || row.changedAt < toMs) return null
  return heldAt(deps, 'settings.applied', toMs, ({ changes }) => {
    const change = (changes as readonly SettingChange[]).find(({ name }) => name === 'ML_CONFID_FLOOR')
    return change === undefined ? null : PARSERS.ML_CONFID_FLOOR.parse(change.before)
  })
}

/** The version that was champion at the end of a period; null: there is none. */
export async function championAt(
  { models, ...deps }: HeldDeps & { models: Pick<ModelStore, 'aliases'> },
  toMs: number,
): Promise<string | null> {
  const now = (await models.aliases())['champion'] ?? null
  const before = await heldAt(deps, 'model.champion', toMs, (told) =>
    typeof told['before'] === 'string' ? told['before'] : null,
  )
  return before ?? now
}
