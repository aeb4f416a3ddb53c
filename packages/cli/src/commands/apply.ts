import type { Command } from 'commander'
import type { SettingsApplied } from '@spark/contract/rollout'
import { loadConfig, type Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { defaultTexts, explicitSettings, type SettingValues } from '@spark/server/live-settings'
import { systemRandomness } from '@spark/server/random'
import { applySettings } from '@spark/server/rollout/apply-settings'
import { applyDepsOf } from '@spark/server/rollout/rollout-parts'
import { LIVE_SETTINGS } from '@spark/server/storage/live-setting-store'
import { apiOr, operator, withStores } from '../direct.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { fenceLines } from '../rollout-text.ts'
import { table } from '../table.ts'

/** spark apply: settings of the environment take effect now, also in processes that run. */
export function applyCommand(program: Command, output: Output): void {
  program
    .command('apply')
    .description(
      `Applies what this environment sets of ${LIVE_SETTINGS.join(', ')} at once, without a restart. Also while the API is down.`,
    )
    .option('--reason <text>', 'kept in the audit', 'by hand')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  POLL_INTERVAL_MS=90000 spark apply\n  FEATURE_ML_SCORING=preview spark apply --reason "p95 rises"',
    )
    .action(async ({ reason, json }: { reason: string; json?: true }) => {
      const config = loadConfig()
      const values = explicitSettings(config)
      if (Object.keys(values).length === 0)
        throw new WrongUsage(`nothing to apply: this environment sets none of ${LIVE_SETTINGS.join(', ')}`)
      const applied = await apiOr(
        () => apiClient(config).call('settingsApply', { body: { values, reason } }),
        output,
        () => applyDirectly(config, values, reason),
      )
      if (json === true) return output.line(JSON.stringify(applied, null, 2))
      const rows = applied.changes.map(({ name, before, after }) => [name, before, after])
      if (rows.length > 0) output.line(table(['setting', 'old', 'new'], rows))
      else output.line('Nothing changes: this is what was applied last.')
      for (const line of [...applied.notes, ...fenceLines(applied.epoch, applied.onTheWire)]) output.line(line)
    })
}

async function applyDirectly(config: Config, values: SettingValues, reason: string): Promise<SettingsApplied> {
  return withStores(config, async (stores) => {
    const deps = applyDepsOf({ stores, config, clock: folderClock(config), random: systemRandomness }, defaultTexts())
    const answer = await applySettings(deps, values, { ...operator(), reason })
    if ('problems' in answer) throw new CheckFailed(answer.problems.join('\n'))
    const { changes, notes, decided } = answer
    return { changes, notes, epoch: decided?.epoch ?? null, onTheWire: [...(decided?.onTheWire ?? [])] }
  })
}
