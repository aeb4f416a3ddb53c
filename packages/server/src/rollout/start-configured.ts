import { streamName } from '@spark/core/market/candle'
import { championOf, modelWithWeights } from '../champion.ts'
import type { Config } from '../config.ts'
import { ceilingOf, effectiveSettings, effectiveWeights } from '../live-settings.ts'
import { rolloutPlanOf } from '../rollout-plan.ts'
import { modelStateOf } from '../model-state.ts'
import type { LiveSettingStore } from '../storage/live-setting-store.ts'
import { canaryProblem, createProcessReportStore, REPORT_FRESH_MS } from '../storage/process-report-store.ts'
import type { ModelStore } from '../storage/model-store.ts'
import type { Who } from '../command-event.ts'
import type { RolloutParts } from './decide-rollout.ts'
import { startIn, type Started } from './start-rollout.ts'

export interface ConfiguredStartDeps {
  parts: RolloutParts
  config: Pick<Config, 'file' | 'clockSpeed' | 'canary' | 'scoring' | 'confidFloor' | 'pollIntervalMs' | 'weights'>
  settings: LiveSettingStore
  models: ModelStore
}

export interface ConfiguredStart {
  /** The approved share to begin with; 0: preview. */
  ceiling: number
  /** Version; null: by ML_SIGNAL_WEIGHTS, else the champion. */
  model: string | null
  /** The id it must get; default: the next one. */
  id?: string | undefined
  reason: string
}

/**
 * Begins a rollout as config/spark.yaml and the applied settings say. Whoever starts one wants it to be scored: when
 * FEATURE_ML_SCORING says something else than its ceiling, that is applied with it. Refused while an executor runs with another canary
 * stream: its preview would show one stream, and the first share begin on another.
 */
export async function startConfigured(deps: ConfiguredStartDeps, start: ConfiguredStart, who: Who): Promise<Started> {
  const { parts, config, settings, models } = deps
  const nowMs = parts.clock.nowMs()
  const model =
    start.model === null
      ? await modelWithWeights(models, effectiveWeights(config, await settings.list()), nowMs)
      : await championOf(models, start.model)
  if (model === null)
    return {
      problems: [start.model === null ? 'the champion cannot be used: see spark doctor' : `there is no model ${start.model}`],
    }
  const unfit = await unfitProblem(models, model.version, nowMs)
  if (unfit !== null) return { problems: [unfit] }
  return parts.stores.db.transaction().execute(async (trx) => {
    const reports = await createProcessReportStore(parts.stores.db).since(nowMs - REPORT_FRESH_MS, trx)
    const otherCanary = canaryProblem(reports, streamName(config.canary))
    if (otherCanary !== null) return { problems: [otherCanary] }
    const effective = effectiveSettings(config, await settings.list(trx))
    const { canary, file } = config
    const { ceiling, reason, id } = start
    const { pollIntervalMs } = effective
    const request = { plan: rolloutPlanOf(file, config.clockSpeed), canary, pollIntervalMs, model, ceiling, reason, id }
    const answer = await startIn(parts, trx, request, who)
    if ('problems' in answer) return answer
    if (effective.scoring.mode === 'off' || ceilingOf(effective.scoring) !== ceiling) {
      const value = ceiling === 0 ? 'preview' : String(ceiling)
      await settings.put(trx, { name: 'FEATURE_ML_SCORING', value, actor: who.actor, changedAt: nowMs })
    }
    return answer
  })
}

/** Nothing would score with it. */
async function unfitProblem(models: ModelStore, version: string, nowMs: number): Promise<string | null> {
  const stored = await models.get(version)
  const state = stored === null ? 'damaged' : modelStateOf(stored, nowMs)
  if (state === 'usable') return null
  if (state === 'damaged')
    return `the model ${version} is damaged: its document is not the one that was stored, or this build cannot read it`
  const expiresAt = new Date(stored?.document?.expiresAt ?? nowMs).toISOString()
  return `the model ${version} has expired at ${expiresAt}; roll out a newer candidate of the weekly update`
}
