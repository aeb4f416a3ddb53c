import { finding } from '@spark/contract/finding'
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
  if (model === null) return { ok: false, findings: [finding('model_unread')] }
  const derived = deriveModel(model, EQUAL, sha256)
  if (!derived.ok) return { ok: false, findings: [derived.problem] }
  const { weights } = model
  if (canonicalJson(weights) === canonicalJson(derived.model.weights))
    return {
      ok: true,
      findings: [finding('equal_already', { model: model.version })],
      detail: { weights },
    }
  const { items } = await auditReader.list({ limit: ROWS, action: 'ml.score' })
  const compared = compareModels(model, derived.model, items.flatMap(partsOf), now.floor)
  const figure = (value: number | null) => value?.toFixed(3) ?? '-'
  return {
    ok: true,
    findings: [
      finding('equal_would_be', { model: derived.model.version }),
      finding('decided_otherwise', {
        rows: compared.rows,
        count: compared.decisionsChanged,
        before: figure(compared.confidMedian.now),
        after: figure(compared.confidMedian.other),
      }),
      finding('how_to_try'),
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
