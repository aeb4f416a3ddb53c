import type { Command } from 'commander'
import { loadConfig, type Config } from '@spark/server/config'
import { changedPlan } from '@spark/server/rollout/plan-digest'
import { replayAudit } from '@spark/server/rollout/replay-audit'
import type { ReplayedRollout } from '@spark/server/rollout/replay-rollout'
import { auditOf } from '@spark/server/storage/audit/audit-location'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { withStores } from '../direct.ts'
import { CheckFailed, type Output } from '../output.ts'
import { databaseIsThere } from '@spark/server/storage/postgres-url'

const ROLLOUTS_MAX = 10_000

/** spark rollout replay: needs no process, the audit is enough. */
export function rolloutReplayCommand(rollout: Command, output: Output): void {
  rollout
    .command('replay')
    .description(
      'Decides again what the audit says was decided, and compares byte for byte. Exit code 1 at the first difference.',
    )
    .option('--rollout <id>', 'only this one; default: all')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark rollout replay --rollout rollout-3')
    .action(async ({ rollout: id, json }: { rollout?: string; json?: true }) => {
      const config = loadConfig()
      await refuseChangedPlans(config, id ?? null)
      const replayed = await replayAll(config, id ?? null)
      const ok = replayed.every(({ difference }) => difference === null)
      if (json === true) output.line(JSON.stringify({ ok, rollouts: replayed }, null, 2))
      else for (const one of replayed) output.line(textOf(one))
      if (replayed.length === 0)
        throw new CheckFailed(id === undefined ? 'The audit tells of no rollout.' : `The audit tells of no ${id}.`)
      if (!ok) throw new CheckFailed('')
    })
}

/** The audit is enough to replay; but when a plan in the database is not the one that the rollout began with, that is said first. */
async function refuseChangedPlans(config: Config, rolloutId: string | null): Promise<void> {
  if (!databaseIsThere(config.databasePath)) return
  await withStores(config, async ({ rollouts }) => {
    const stored = (await rollouts.list(ROLLOUTS_MAX)).filter(({ id }) => rolloutId === null || id === rolloutId)
    for (const rollout of stored) {
      const problem = await changedPlan(rollouts, rollout)
      if (problem !== null) throw new CheckFailed(problem)
    }
  })
}

async function replayAll(config: Config, rolloutId: string | null): Promise<ReplayedRollout[]> {
  const reader = openAuditReader({ ...auditOf(config), thread: false })
  try {
    return await replayAudit(reader, rolloutId)
  } finally {
    await reader.close()
  }
}

function textOf({ rolloutId, decisions, difference }: ReplayedRollout): string {
  if (difference === null) return `${rolloutId}: ${decisions} decisions, every one reproduced byte for byte.`
  const { id, what, recorded, computed } = difference
  return [
    `${rolloutId}: ${decisions} decisions reproduced, then audit row ${id} differs in ${what}:`,
    `  recorded ${recorded}`,
    `  computed ${computed}`,
  ].join('\n')
}
