import { SETTINGS, parseSettings, type Scoring } from './settings.ts'
import type { Config } from './config.ts'
import { LIVE_SETTINGS, type LiveSetting, type LiveSettingName } from './storage/live-setting-store.ts'

export type SettingValues = Partial<Record<LiveSettingName, string>>

/** Settings that take effect without a restart. */
export interface EffectiveSettings {
  scoring: Scoring
  confidFloor: number
  pollIntervalMs: number
}

export const PARSERS = {
  FEATURE_ML_SCORING: SETTINGS.scoring,
  ML_CONFID_FLOOR: SETTINGS.confidFloor,
  ML_SIGNAL_WEIGHTS: SETTINGS.weights,
  POLL_INTERVAL_MS: SETTINGS.pollIntervalMs,
} as const

/** What was applied last; for what never was, the environment of this process or the default. */
export function effectiveSettings(
  config: Pick<Config, 'scoring' | 'confidFloor' | 'pollIntervalMs'>,
  applied: readonly LiveSetting[],
): EffectiveSettings {
  const text = (name: LiveSettingName) => applied.find((setting) => setting.name === name)?.value
  const scoring = text('FEATURE_ML_SCORING')
  const floor = text('ML_CONFID_FLOOR')
  const interval = text('POLL_INTERVAL_MS')
  return {
    scoring: scoring === undefined ? config.scoring : PARSERS.FEATURE_ML_SCORING.parse(scoring),
    confidFloor: floor === undefined ? config.confidFloor : PARSERS.ML_CONFID_FLOOR.parse(floor),
    pollIntervalMs: interval === undefined ? config.pollIntervalMs : PARSERS.POLL_INTERVAL_MS.parse(interval),
  }
}

/** The weights that were applied last, or those of the environment; null: the champion's own. */
export function effectiveWeights({ weights }: Pick<Config, 'weights'>, applied: readonly LiveSetting[]): Config['weights'] {
  const text = applied.find(({ name }) => name === 'ML_SIGNAL_WEIGHTS')?.value
  return text === undefined ? weights : PARSERS.ML_SIGNAL_WEIGHTS.parse(text)
}

/** What is wrong with values that somebody wants to apply, as at a start; empty: nothing. */
export function settingProblems(values: SettingValues): string[] {
  return parseSettings(values).problems
}

/** Those that the environment of this process sets itself, as text. */
export function explicitSettings({ report }: Pick<Config, 'report'>): SettingValues {
  const given = report.filter(({ source }) => source === 'environment')
  return Object.fromEntries(
    LIVE_SETTINGS.flatMap((name) => given.filter((one) => one.name === name).map(({ value }) => [name, value])),
  )
}

/** What holds in this process when nothing was applied, as text. */
export function settingTexts({ report }: Pick<Config, 'report'>): Record<LiveSettingName, string> {
  const text = (wanted: LiveSettingName) => report.find(({ name }) => name === wanted)?.value ?? ''
  return Object.fromEntries(LIVE_SETTINGS.map((name) => [name, text(name)])) as Record<LiveSettingName, string>
}

/** What holds where the environment says nothing. */
export function defaultTexts(): Record<LiveSettingName, string> {
  return settingTexts(parseSettings({}))
}

/** The approved ceiling that a value of FEATURE_ML_SCORING stands for; 0: preview or off. */
export function ceilingOf(scoring: Scoring): number {
  return scoring.mode === 'share' ? scoring.ceiling : 0
}
