import type { Kysely } from 'kysely'
import { hasEnded } from '@spark/core/rollout/state'
import type { Who } from '../command-event.ts'
import { commandIn, stateDigest, type RolloutParts } from '../rollout/decide-rollout.ts'
import { ordinalOf } from '../rollout/rollout-id.ts'
import type { AuditReader } from '../storage/audit/audit-reader.ts'
import { ORDER_WRITER } from '../storage/audit/last-relayed.ts'
import type { StoredRollout } from '../storage/rollout-store.ts'
import type { MainTables } from '../storage/tables.ts'

const ROWS_AT_ONCE = 1000

/** The highest number of a rollout that began in the newest `rows` rows of the chain of orders; 0: none did. Rejects with StorageError. */
export async function newestOrdinal(reader: Pick<AuditReader, 'positions' | 'since'>, rows: number): Promise<number> {
  const positions = await reader.positions()
  const end = positions[ORDER_WRITER] ?? 0
  let newest = 0
  for (let seq = Math.max(0, end - rows); seq < end;) {
    const found = await reader.since({ ...positions, [ORDER_WRITER]: seq }, ROWS_AT_ONCE)
    for (const { action, context } of found)
      if (action === 'rollout.start') newest = Math.max(newest, ordinalOf(String(context['rollout'])))
    seq = found.at(-1)?.seq ?? end
  }
  return newest
}

/** What the audit has to know of the newest rollout to decide on from the state that was restored. */
export function restoredState(rollout: StoredRollout | null): Record<string, unknown> {
  return rollout === null ? {} : { rollout: rollout.id, state: rollout.state, stateDigest: stateDigest(rollout.state) }
}

/** A rollout that was under way has lived on since: it may have been taken back. So it ends; what is exposed is at nobody's word. */
export async function endRestored(
  parts: RolloutParts,
  trx: Kysely<MainTables>,
  rollout: StoredRollout | null,
  { backup, ...who }: Who & { backup: string },
): Promise<void> {
  if (rollout === null || hasEnded(rollout.state)) return
  const reason = `the backup ${backup} was restored, which does not know what became of it since`
  await commandIn(parts, trx, { kind: 'rollback', by: who.actor, reason }, who)
}
