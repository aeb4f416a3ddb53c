import type { Command } from 'commander'
import type { RolloutAnswer, RolloutCommanded } from '@spark/contract/rollout'
import { systemClock } from '@spark/server/clock'
import { loadConfig, type Config } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { commandRollout } from '@spark/server/rollout/decide-rollout'
import { readRolloutNow } from '@spark/server/rollout/rollout-now'
import { createRolloutViews } from '@spark/server/rollout/rollout-view'
import { createLiveSettingStore } from '@spark/server/storage/live-setting-store'
import { createProcessReportStore } from '@spark/server/storage/process-report-store'
import type { TradingStores } from '@spark/server/storage/trading-stores'
import { apiOr, operator, withStores } from '../direct.ts'
import { timeText } from '../options.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'
import { apiClient } from '../processes.ts'
import { commandedText, historyText, statusText } from '../rollout-text.ts'
import { rolloutReplayCommand } from './rollout-replay.ts'

const REASON = ['--reason <text>', 'kept in the audit', 'by hand'] as const

/** spark rollout: press, watch, react. */
export function rolloutCommands(program: Command, output: Output): void {
  const rollout = program.command('rollout').description('Starts, watches, steers and proves a rollout.')
  statusCommand(rollout, output)
  startCommand(rollout, output)
  promoteCommand(rollout, output)
  sayCommands(rollout, output)
  brakeCommands(rollout, output)
  overrideCommand(rollout, output)
  historyCommand(rollout, output)
  rolloutReplayCommand(rollout, output)
}

function statusCommand(rollout: Command, output: Output): void {
  rollout
    .command('status', { isDefault: true })
    .description('Where the newest rollout stands: one sentence, then its figures and gates. Also while the API is down.')
    .option('--json', 'as JSON, like GET /api/rollout')
    .addHelpText('after', '\nExample:\n  spark rollout status')
    .action(async ({ json }: { json?: true }) => {
      const config = loadConfig()
      const view = await apiOr(
        () => apiClient(config).call('rollout'),
        output,
        () => withStores(config, (stores) => viewDirectly(config, stores)),
      )
      output.line(json === true ? JSON.stringify(view, null, 2) : statusText(view))
    })
}

interface StartOptions {
  ceiling: string
  model?: string
  id?: string
  reason: string
  json?: true
}

function startCommand(rollout: Command, output: Output): void {
  rollout
    .command('start')
    .description(
      'Begins a rollout in preview; it goes on by itself up to the ceiling. What it must not do is refused with the arithmetic.',
    )
    .option('--ceiling <share>', 'preview, or the approved share from 0.1 to 1.0', 'preview')
    .option('--model <version>', 'default: by ML_SIGNAL_WEIGHTS, else the champion')
    .option(
      '--id <rollout-N>',
      'the id it must get: one that was used before is refused, so a start said twice begins one rollout',
    )
    .option(...REASON)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark rollout start --ceiling 0.5 --reason "new weights"')
    .action(async ({ json, ...body }: StartOptions) => {
      show(output, await apiClient(loadConfig()).call('rolloutStart', { body }), json)
    })
}

function promoteCommand(rollout: Command, output: Output): void {
  rollout
    .command('promote')
    .argument('<share>', 'from 0.1 to 1.0')
    .description('Raises the ceiling and skips the dwell of this step; never a breach or blindness.')
    .option(...REASON)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark rollout promote 0.5 --reason "all green"')
    .action(async (text: string, { reason, json }: { reason: string; json?: true }) => {
      const share = /^[01](\.\d+)?$/.test(text) ? Number(text) : Number.NaN
      if (!(share >= 0.1 && share <= 1)) throw new WrongUsage(`${text}: must be a share from 0.1 to 1.0`)
      show(output, await apiClient(loadConfig()).call('rolloutPromote', { body: { share, reason } }), json)
    })
}

function sayCommands(rollout: Command, output: Output): void {
  for (const [verb, route, what] of [
    ['resume', 'rolloutResume', 'Lets a paused rollout advance again.'],
    ['approve', 'rolloutApprove', 'Approves what the plan, three breaches or a return from preview-only ask for; it expires.'],
  ] as const)
    rollout
      .command(verb)
      .description(what)
      .option(...REASON)
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  spark rollout ${verb} --reason "looked at it"`)
      .action(async ({ reason, json }: { reason: string; json?: true }) =>
        show(output, await apiClient(loadConfig()).call(route, { body: { reason } }), json),
      )
}

/** These work by a transaction of their own when the API is down. */
function brakeCommands(rollout: Command, output: Output): void {
  for (const [kind, route, what] of [
    ['pause', 'rolloutPause', 'Stops advancing, and nothing else: the guards stay on.'],
    ['preview', 'rolloutPreview', 'Nobody acts on ML any more, scoring goes on; returning takes an approval.'],
    [
      'rollback',
      'rolloutRollback',
      'ML off at once: entries are cancelled, positions handed over. Another try is a new rollout.',
    ],
  ] as const)
    rollout
      .command(kind)
      .description(`${what} Also while the API is down.`)
      .option(...REASON)
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  spark rollout ${kind} --reason "looks wrong"`)
      .action(async ({ reason, json }: { reason: string; json?: true }) => {
        const config = loadConfig()
        const answer = await apiOr(
          () => apiClient(config).call(route, { body: { reason, ...(kind === 'rollback' && { confirm: kind }) } }),
          output,
          () => brakeDirectly(config, kind, reason),
        )
        show(output, answer, json)
      })
}

function overrideCommand(rollout: Command, output: Output): void {
  rollout
    .command('override')
    .description(
      'Asks to waive dwell, targets and approvals of this step; never a breach or blindness. Another person must agree.',
    )
    .requiredOption('--reason <text>', 'kept in the audit, shown in the report')
    .requiredOption('--confirm <word>', 'the word override, typed')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark rollout override --reason "market holiday" --confirm override')
    .action(async ({ json, ...body }: { reason: string; confirm: string; json?: true }) => {
      typedOverride(body.confirm)
      const asked = await apiClient(loadConfig()).call('rolloutOverride', { body })
      if (json === true) return output.line(JSON.stringify(asked, null, 2))
      output.line(`override ${asked.id} waits until ${timeText(asked.expiresAt)} for a second person, who signs in and agrees`)
    })
  rollout
    .command('agree')
    .argument('<id>', 'of the override, as it was asked for')
    .description('The second person agrees to an override that somebody else asked for, and it takes effect.')
    .requiredOption('--confirm <word>', 'the word override, typed')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark rollout agree Zm9vYmFyYmF6 --confirm override')
    .action(async (id: string, { confirm, json }: { confirm: string; json?: true }) => {
      typedOverride(confirm)
      show(output, await apiClient(loadConfig()).call('rolloutOverrideAgree', { params: { id }, body: { confirm } }), json)
    })
}

function typedOverride(confirm: string): void {
  if (confirm !== 'override') throw new WrongUsage(`--confirm ${confirm}: must be the word override`)
}

function historyCommand(rollout: Command, output: Output): void {
  rollout
    .command('history')
    .description('Rollouts, newest first, with how each ended.')
    .option('--json', 'as JSON, like GET /api/rollout/history')
    .addHelpText('after', '\nExample:\n  spark rollout history')
    .action(async ({ json }: { json?: true }) => {
      const answer = await apiClient(loadConfig()).call('rolloutHistory')
      output.line(json === true ? JSON.stringify(answer, null, 2) : historyText(answer))
    })
}

function show(output: Output, answer: RolloutCommanded, json: true | undefined): void {
  output.line(json === true ? JSON.stringify(answer, null, 2) : commandedText(answer))
}

async function brakeDirectly(config: Config, kind: 'pause' | 'preview' | 'rollback', reason: string): Promise<RolloutCommanded> {
  return withStores(config, async (stores, parts) => {
    const beganMs = systemClock.monotonicMs()
    const who = operator()
    const answer = await commandRollout(parts, { kind, by: who.actor, reason }, who)
    if ('problem' in answer) throw new CheckFailed(answer.problem)
    const tookMs = systemClock.monotonicMs() - beganMs
    const rollout = await viewDirectly(config, stores)
    if (rollout.id === null) throw new CheckFailed('the rollout that was commanded is gone')
    const { outcome, epoch, onTheWire } = answer
    return { decision: outcome.decision, reasons: outcome.reasons, epoch, onTheWire: [...onTheWire], tookMs, rollout }
  })
}

async function viewDirectly(config: Config, stores: TradingStores): Promise<RolloutAnswer> {
  const clock = folderClock(config)
  const settings = createLiveSettingStore(stores.db)
  const now = await readRolloutNow({ config, stores, settings }, stores.db, clock.nowMs())
  const reports = createProcessReportStore(stores.db)
  return createRolloutViews({ config, stores, settings, reports, clock }).of(now)
}
