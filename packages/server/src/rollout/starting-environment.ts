import { exposedShare, hasEnded } from '@spark/core/rollout/state'
import { PARSERS, ceilingOf, type SettingValues } from '../live-settings.ts'
import type { Scoring } from '../settings.ts'
import type { LiveSetting, LiveSettingName } from '../storage/live-setting-store.ts'
import { applySettings, type Applied, type ApplyDeps } from './apply-settings.ts'
import type { Who } from '../command-event.ts'

export interface Started {
  /** What was lowered; null: nothing. */
  applied: Applied | null
  /** What the environment asks for and does not get, with how to get it. */
  messages: string[]
}

/**
 * When Spark starts, its environment can lower exposure and never raise it: a machine that comes back with yesterday's variables must
 * not undo a rollback. `explicit` are the variables that are set, not their defaults.
 */
export async function obeyEnvironment(deps: ApplyDeps, explicit: SettingValues, who: Who): Promise<Started> {
  const applied = await deps.settings.list()
  const lowering: SettingValues = {}
  const messages: string[] = []
  const row = (name: LiveSettingName): LiveSetting | undefined => applied.find((one) => one.name === name)
  const { FEATURE_ML_SCORING: scoring, ML_CONFID_FLOOR: floor } = explicit
  if (scoring !== undefined) {
    const approved = await approvedLevel(deps, row('FEATURE_ML_SCORING'))
    const asked = levelOf(PARSERS.FEATURE_ML_SCORING.parse(scoring))
    if (approved !== null && asked < approved) lowering.FEATURE_ML_SCORING = scoring
    if (approved !== null && asked > approved)
      messages.push(
        `FEATURE_ML_SCORING=${scoring} is more than what is approved (${levelText(approved)}), which goes on to count. To approve it: ./deploy.sh --rolling, or spark apply`,
      )
  }
  const floorRow = row('ML_CONFID_FLOOR')
  if (floor !== undefined && floorRow !== undefined && Number(floor) > Number(floorRow.value)) lowering.ML_CONFID_FLOOR = floor
  for (const name of ['ML_CONFID_FLOOR', 'ML_SIGNAL_WEIGHTS', 'POLL_INTERVAL_MS'] as const) {
    const [asked, before] = [explicit[name], row(name)]
    if (asked === undefined || before === undefined || asked === before.value || lowering[name] !== undefined) continue
    messages.push(
      `${name}=${asked} is not what was applied last (${before.value}), which goes on to count. To change it: spark apply`,
    )
  }
  if (Object.keys(lowering).length === 0) return { applied: null, messages }
  const answer = await applySettings(deps, lowering, { ...who, reason: 'the environment of the start' })
  if ('problems' in answer) return { applied: null, messages: [...messages, ...answer.problems] }
  return { applied: answer, messages }
}

/** −1: off; 0: preview; else the share. */
const levelOf = (scoring: Scoring): number => (scoring.mode === 'off' ? -1 : ceilingOf(scoring))
const levelText = (level: number): string => (level < 0 ? 'off' : level === 0 ? 'preview' : String(level))

/** How far it may go now; null: nothing was ever applied or started, so the environment counts. */
async function approvedLevel({ parts }: ApplyDeps, row: LiveSetting | undefined): Promise<number | null> {
  const rollout = await parts.stores.rollouts.newest()
  if (row !== undefined && levelOf(PARSERS.FEATURE_ML_SCORING.parse(row.value)) < 0) return -1
  if (rollout === null || hasEnded(rollout.state))
    return row === undefined ? null : levelOf(PARSERS.FEATURE_ML_SCORING.parse(row.value))
  return Math.max(rollout.state.ceiling, exposedShare(rollout.frozen.plan, rollout.state))
}
