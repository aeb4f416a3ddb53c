import type { FeatureRow } from '@spark/core/signal/feature-row'
import { decide, mlBucket } from '@spark/core/signal/decision'
import { fuse } from '@spark/core/signal/fuse'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import type { AuditEvent } from '@spark/server/storage/audit/audit-event'

const FLOOR = 0.55

/** The row that a score leaves in the audit, with all it carries there: about 850 characters. */
export function scoreEvent(feature: FeatureRow, strategyId: string, traceId: string, ts: number): AuditEvent {
  const { parts, score, confid } = fuse(ML_FUSION_1_2, feature)
  return {
    ts,
    action: 'ml.score',
    actor: 'executor',
    strategyId,
    traceId,
    result: 'ok',
    context: {
      confid,
      score,
      decision: decide(score, confid, FLOOR),
      advisory: true,
      mode: 'preview',
      arm: 'baseline',
      pass: true,
      reasons: [],
      modelVersion: ML_FUSION_1_2.version,
      featureVersion: ML_FUSION_1_2.featureVersion,
      feature,
      ml_bucket: mlBucket(confid),
      ml_signal_parts: parts,
    },
  }
}
