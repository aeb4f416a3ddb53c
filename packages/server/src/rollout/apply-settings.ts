import { intervalProblems } from '@spark/core/rollout/start'
import { exposedShare, hasEnded } from '@spark/core/rollout/state'
import type { Command } from '@spark/core/rollout/outcome'
import { shareText } from '@spark/core/rollout/advance'
import type { Kysely } from 'kysely'
import { championOf, modelWithWeights } from '../champion.ts'
import { PARSERS, ceilingOf, settingProblems, type SettingValues } from '../live-settings.ts'
import { LIVE_SETTINGS, type LiveSetting, type LiveSettingName, type LiveSettingStore } from '../storage/live-setting-store.ts'
import type { ModelStore } from '../storage/model-store.ts'
import type { MainTables } from '../storage/tables.ts'
import type { Who } from '../command-event.ts'
import { commandIn, type Decided, type RolloutParts } from './decide-rollout.ts'

export interface ApplyDeps {
  parts: RolloutParts
  settings: LiveSettingStore
  models: ModelStore
  /** What holds while nothing was applied: the environment of the running processes, or the default. */
  unapplied: Record<LiveSettingName, string>
}

export interface SettingChange {
  name: LiveSettingName
  before: string
  after: string
}

export interface Applied {
  /** Those that differ from what held before. */
  changes: SettingChange[]
  /** What FEATURE_ML_SCORING did to the rollout under way; null: nothing. */
  decided: Decided | null
  /** What it means, one sentence each. */
  notes: string[]
}

/**
 * Applies settings in one transaction with what they do to the rollout: 0 rolls back, preview and lower shares take exposure back at
 * once, a higher share raises the ceiling and never exposure. Refused as a whole when one value is wrong.
 */
export async function applySettings(
  deps: ApplyDeps,
  values: SettingValues,
  who: Who & { reason: string },
): Promise<Applied | { problems: string[] }> {
  const { parts, settings } = deps
  const wanted = LIVE_SETTINGS.flatMap((name) => {
    const value = values[name]?.trim()
    return value === undefined ? [] : [{ name, value }]
  })
  const problems = wanted
    .filter(({ name, value }) => value === '' && name !== 'ML_SIGNAL_WEIGHTS')
    .map(({ name }) => `${name} is empty`)
  if (wanted.length === 0) problems.push(`nothing to apply: set ${LIVE_SETTINGS.join(', ')}`)
  problems.push(...settingProblems(values))
  if (problems.length > 0) return { problems }
  // A model is named by its content: storing one that is not used afterwards changes nothing.
  const modelNote = await noteOnWeights(deps, values.ML_SIGNAL_WEIGHTS)
  return parts.stores.db.transaction().execute(async (trx) => {
    const refused = await intervalRefused(parts, trx, values.POLL_INTERVAL_MS)
    if (refused.length > 0) return { problems: refused }
    const changes = changesOf(deps, await settings.list(trx), wanted)
    const changedAt = parts.clock.nowMs()
    for (const { name, after } of changes) await settings.put(trx, { name, value: after, actor: who.actor, changedAt })
    const scoring =
      values.FEATURE_ML_SCORING === undefined ? null : await applyScoring(parts, trx, values.FEATURE_ML_SCORING, who)
    const notes = [...(scoring === null ? [] : [scoring.note]), ...(modelNote === null ? [] : [modelNote])]
    const decided = scoring?.decided ?? null
    if (changes.length > 0)
      await parts.stores.outbox.add(trx, [
        {
          ts: changedAt,
          action: 'settings.applied',
          actor: who.actor,
          traceId: who.traceId,
          result: 'ok',
          context: { reason: who.reason, changes, notes },
        },
      ])
    return { changes, decided, notes }
  })
}

function changesOf(
  { unapplied }: ApplyDeps,
  applied: readonly LiveSetting[],
  wanted: readonly { name: LiveSettingName; value: string }[],
): SettingChange[] {
  return wanted.flatMap(({ name, value: after }) => {
    const row = applied.find((one) => one.name === name)
    const before = row?.value ?? unapplied[name]
    // The same text as the environment's is written all the same: from now on it does not depend on it.
    return row !== undefined && before === after ? [] : [{ name, before, after }]
  })
}

/** An interval with which the gates of the rollout under way would stay without data. */
async function intervalRefused({ stores }: RolloutParts, trx: Kysely<MainTables>, text: string | undefined): Promise<string[]> {
  const rollout = text === undefined ? null : await stores.rollouts.newest(trx)
  if (text === undefined || rollout === null || hasEnded(rollout.state)) return []
  const members = await stores.rollouts.members(rollout.id, trx)
  return intervalProblems(rollout.frozen.plan, members, PARSERS.POLL_INTERVAL_MS.parse(text))
}

async function applyScoring(
  parts: RolloutParts,
  trx: Kysely<MainTables>,
  text: string,
  who: Who & { reason: string },
): Promise<{ decided: Decided | null; note: string }> {
  const scoring = PARSERS.FEATURE_ML_SCORING.parse(text.trim())
  const rollout = await parts.stores.rollouts.newest(trx)
  if (rollout === null || hasEnded(rollout.state)) {
    const note =
      scoring.mode === 'off' ? 'nothing is scored' : 'no rollout is under way: spark rollout start begins one, in preview'
    return { decided: null, note }
  }
  const share = ceilingOf(scoring)
  const before = exposedShare(rollout.frozen.plan, rollout.state)
  const said = { by: who.actor, reason: `FEATURE_ML_SCORING=${text.trim()}, ${who.reason}` }
  const command: Command = scoring.mode === 'off' ? { kind: 'rollback', ...said } : { kind: 'ceiling', share, ...said }
  if (command.kind === 'ceiling' && rollout.state.ceiling === share && before <= share)
    return { decided: null, note: `the approved ceiling is ${shareText(share)} already` }
  const decided = await commandIn(parts, trx, command, who)
  if ('problem' in decided) return { decided: null, note: decided.problem }
  const { state } = decided.rollout
  if (command.kind === 'rollback') return { decided, note: `${rollout.id} is rolled back` }
  const taken = before > 0 && state.phase === 'preview_only' ? `; ${shareText(before)} was taken back, it is preview-only` : ''
  const raised = share > rollout.state.ceiling ? '; exposure rises only as the gates allow' : ''
  return { decided, note: `the approved ceiling is ${shareText(share)}${taken}${raised}` }
}

async function noteOnWeights({ models, parts }: ApplyDeps, text: string | undefined): Promise<string | null> {
  if (text === undefined) return null
  const champion = await championOf(models, null)
  const model = await modelWithWeights(models, PARSERS.ML_SIGNAL_WEIGHTS.parse(text.trim()), parts.clock.nowMs())
  if (model === null || champion === null) return 'the champion cannot be used: see spark doctor'
  if (model.version === champion.version) return `these are the weights of the champion ${champion.version}: nothing changes`
  return (
    `the weights are the model ${model.version}; scores go on as before until a new rollout tries it, ` +
    `from preview on: spark rollout start`
  )
}
