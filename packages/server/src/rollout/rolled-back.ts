import type { RolledBack } from '@spark/contract/health'
import type { StoredRollout } from '../storage/rollout-store.ts'

/** What a process tells its supervisor of the newest rollout; nothing unless it was rolled back. */
export function rolledBackOf(newest: Pick<StoredRollout, 'id' | 'state'> | null): { rolledBack?: RolledBack } {
  if (newest?.state.phase !== 'rolled_back' || newest.state.endedMs === null) return {}
  return { rolledBack: { rollout: newest.id, atMs: newest.state.endedMs } }
}
