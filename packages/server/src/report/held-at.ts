import type { AuditReader } from '../storage/audit/audit-reader.ts'
import type { LiveSetting } from '../storage/live-setting-store.ts'
import { PARSERS } from '../live-settings.ts'
import type { SettingChange } from '../rollout/apply-settings.ts'

type Rows = Pick<AuditReader, 'exportRows'>

/**
 * Settings and aliases are stored as they are now. Whatever was changed since the end of a period has a row in the audit that says
 * what was before: the first of those rows says what held at that end.
 */
async function heldAt<Value>(
  reader: Rows,
  action: string,
  toMs: number,
  before: (context: Record<string, unknown>) => Value | null,
): Promise<Value | null> {
  for await (const { context } of reader.exportRows({ action, from: toMs })) {
    const value = before(context)
    if (value !== null) return value
  }
  return null
}

/** The confidence floor at the end of a period; null: it is what it is now. One of the environment leaves no trace when it changes. */
export async function floorAt(reader: Rows, applied: readonly LiveSetting[], toMs: number): Promise<number | null> {
  const row = applied.find(({ name }) => name === 'ML_CONFID_FLOOR')
  if (row === undefined || row.changedAt < toMs) return null
  return heldAt(reader, 'settings.applied', toMs, ({ changes }) => {
    const change = (changes as readonly SettingChange[]).find(({ name }) => name === 'ML_CONFID_FLOOR')
    return change === undefined ? null : PARSERS.ML_CONFID_FLOOR.parse(change.before)
  })
}

/** The version that was champion at the end of a period; null: the one that is now. */
export function championAt(reader: Rows, toMs: number): Promise<string | null> {
  return heldAt(reader, 'model.champion', toMs, ({ before }) => (typeof before === 'string' ? before : null))
}
