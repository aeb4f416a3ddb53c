import type { TradingCosts } from '@spark/core/calibration/labels'
import type { SparkFile } from './strategies-file.ts'
import { PAPER_TERMS } from './venue/paper-venue.ts'

/** Of each side, as the paper venue takes them: the fee, and half the spread as what a fill is worse by. */
export function paperCosts({ paper }: Pick<SparkFile, 'paper'>): TradingCosts {
  return {
    feeRate: Number(paper?.feeRate ?? PAPER_TERMS.feeRate),
    halfSpreadRate: 0,
    slippageRate: Number(paper?.halfSpreadBps ?? PAPER_TERMS.halfSpreadBps) / 10_000,
  }
}
