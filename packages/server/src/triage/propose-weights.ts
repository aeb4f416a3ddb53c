import { compareModels } from '@spark/core/signal/compare-models'
import type { SignalParts } from '@spark/core/signal/fuse'
import { deriveModel } from '@spark/core/signal/model'
import { canonicalJson } from '@spark/core/audit/canonical-json'
import { readRolloutNow } from '../rollout/rollout-now.ts'
import { sha256 } from '../sha256.ts'
import type { AuditItem } from '../storage/audit/audit-event.ts'
import type { Move } from './triage-deps.ts'

const ROWS = 1000
const EQUAL = { rsi: 1, macd: 1, trend: 1 }

/** What equal weights would have made of the newest scores. Nothing is applied: weights are a model, and a model takes a rollout. */
export const proposeEqualWeights: Move = async ({ apply, stores, auditReader, config, clock }) => {
  const now = await readRolloutNow({ config, stores, settings: apply.settings }, stores.db, clock.nowMs())
  const version = now.modelVersion ?? (await apply.models.aliases())['champion']
  const model = version === undefined ? null : ((await apply.models.get(version))?.document ?? null)
  if (model === null) return { ok: false, findings: ['the model that is scored with cannot be read: see spark doctor'] }
  const derived = deriveModel(model, EQUAL, sha256)
  if (!derived.ok) return { ok: false, findings: [derived.problem] }
  const { weights } = model
  if (canonicalJson(weights) === canonicalJson(derived.model.weights))
    return {
      ok: true,
      findings: [`${model.version} has equal weights already: there is nothing to propose`],
      detail: { weights },
    }
  const { items } = await auditReader.list({ limit: ROWS, action: 'ml.score' })
  const compared = compareModels(model, derived.model, items.flatMap(partsOf), now.floor)
  const figure = (value: number | null) => value?.toFixed(3) ?? '-'
  return {
    ok: true,
    findings: [
      `equal weights would be the model ${derived.model.version}; nothing was applied`,
      `of the newest ${compared.rows} scores ${compared.decisionsChanged} would be decided otherwise, median confidence ${figure(compared.confidMedian.now)} → ${figure(compared.confidMedian.other)}`,
      'to try it: ML_SIGNAL_WEIGHTS=0.33,0.33,0.33 spark apply, then spark rollout start; it begins in preview',
    ],
    before: { model: model.version, weights },
    after: null,
    detail: { proposed: { model: derived.model.version, weights: derived.model.weights }, compared },
  }
}

/** Of rows that were scored, and that kept their parts. */
function partsOf({ result, context }: AuditItem): SignalParts[] {
  const parts = context['ml_signal_parts'] as Partial<SignalParts> | undefined
  if (result !== 'ok' || parts === undefined) return []
  const { rsi, macd, trend } = parts
  return typeof rsi === 'number' && typeof macd === 'number' && typeof trend === 'number' ? [{ rsi, macd, trend }] : []
}
