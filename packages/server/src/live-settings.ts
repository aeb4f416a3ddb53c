import type { Scoring } from './settings.ts'
import { SETTINGS } from './settings.ts'
import type { Config } from './config.ts'
import type { LiveSetting, LiveSettingName } from './storage/live-setting-store.ts'

/** Settings that take effect without a restart. */
export interface EffectiveSettings {
  scoring: Scoring
  confidFloor: number
  pollIntervalMs: number
}

const PARSERS = {
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

/** The approved ceiling that a value of FEATURE_ML_SCORING stands for; 0: preview or off. */
export function ceilingOf(scoring: Scoring): number {
  return scoring.mode === 'share' ? scoring.ceiling : 0
}
