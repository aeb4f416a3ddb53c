import { ML_FUSION_1_2 } from '../signal/model.ts'
import { isotropic, type Natural } from './logistic.ts'

/** What the weekly updates have learned so far. Plain JSON. */
export interface LearnerState {
  /** Of the logit that the market goes up: 1, rsi, macd, trend. */
  readonly weights: Natural
  /** Of the logit that a decision is right: 1, |score|. */
  readonly confidence: Natural
  /** Labels taken in, over all weeks. */
  readonly labels: number
  /** Open times (ms) of the first and last labelled candle; null before the first. */
  readonly window: { readonly fromTs: number; readonly toTs: number } | null
}

/** What is kept of what the weights know, a week. */
export const KEPT_SHARE = 0.95
/** τ, precision of the prior: a standard deviation of 3.2, so that a few hundred labels outweigh it. */
const PRIOR_PRECISION = 0.1

const { rsi, macd, trend } = ML_FUSION_1_2.weights
/** Equal weights: what is forgotten gives way to them. */
export const WEIGHT_PRIOR: Natural = isotropic([0, rsi, macd, trend], PRIOR_PRECISION)
/** The confidence that the first model states. */
const CONFIDENCE_PRIOR: Natural = isotropic([ML_FUSION_1_2.a, ML_FUSION_1_2.kappa], PRIOR_PRECISION)

export function createLearnerState(): LearnerState {
  return { weights: WEIGHT_PRIOR, confidence: CONFIDENCE_PRIOR, labels: 0, window: null }
}
