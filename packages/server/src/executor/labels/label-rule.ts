import { DEFAULT_BARRIERS, roundTripCost, type BarrierRule } from '@spark/core/calibration/labels'
import type { SparkFile } from '../../strategies-file.ts'
import { PAPER_TERMS } from '../../venue/paper-venue.ts'

/** The price impact of an order of this size (quote units) is the slippage of a label: what a default strategy holds. */
const ORDER_NOTIONAL = 1000
/** `impactBps` is told for so much. */
const IMPACT_NOTIONAL = 100_000
const BPS = 10_000

/** Barriers and costs of labels: what the paper venue takes, also while orders go to an exchange. */
export function labelRule({ paper }: Pick<SparkFile, 'paper'>): BarrierRule {
  const impact = Number(paper?.impactBps ?? PAPER_TERMS.impactBps) / BPS
  const costRate = roundTripCost({
    feeRate: Number(paper?.feeRate ?? PAPER_TERMS.feeRate),
    halfSpreadRate: Number(paper?.halfSpreadBps ?? PAPER_TERMS.halfSpreadBps) / BPS,
    slippageRate: (impact * ORDER_NOTIONAL) / IMPACT_NOTIONAL,
  })
  return { ...DEFAULT_BARRIERS, costRate }
}
