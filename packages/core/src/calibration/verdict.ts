import { shareSequence, type Interval } from '../stats/intervals.ts'
import {
  addValue,
  createValueCounts,
  logCapital,
  meanSequence,
  mergeValueCounts,
  valueMean,
  valuesToReach,
  type Side,
  type ValueCounts,
} from './bets.ts'
import { breakEvenHitRate, type BarrierRule, type Label } from './labels.ts'
import type { ModelVerdict } from '../rollout/state.ts'

/** A model is not called proven on fewer labels. */
export const PROVEN_LABELS_MIN = 200

/** All that the verdict may claim is wrong with at most this probability, at any number of looks; each of the three claims gets a third. */
const ALPHA = 0.05
const CLAIM_ALPHA = ALPHA / 3
const LOG_GOAL = -Math.log(CLAIM_ALPHA)

/** A label of the model, and of the baseline on the same stream and candle; null: the baseline had no opinion, and earned 0. */
export interface LabelPair {
  readonly model: Label
  readonly baseline: Label | null
}

/** What a verdict rests on. Plain JSON; in units of what a label risks (stop and cost): -1 is a stop. */
export interface Evidence {
  labels: number
  /** Groups of labels that were decided together; the tests count each once. */
  rounds: number
  /** Sum over rounds of the share of labels that hit, and of the hit rate that would earn nothing. */
  hits: number
  breakEven: number
  returns: ValueCounts
  /** Model less baseline. */
  differences: ValueCounts
}

export function createEvidence({ profitAtrs, stopAtrs }: Pick<BarrierRule, 'profitAtrs' | 'stopAtrs'>): Evidence {
  const most = profitAtrs / stopAtrs
  return {
    labels: 0,
    rounds: 0,
    hits: 0,
    breakEven: 0,
    returns: createValueCounts(-1, most),
    differences: createValueCounts(-1 - most, 1 + most),
  }
}

/** Takes a round (labels that were decided together, one a base asset; rounds do not overlap in time), in place. */
export function addRound(evidence: Evidence, pairs: readonly LabelPair[]): void {
  if (pairs.length === 0) throw new RangeError('a round without a label')
  const mean = (of: (pair: LabelPair) => number) => pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
  evidence.labels += pairs.length
  evidence.rounds += 1
  evidence.hits += mean(({ model }) => (model.hit ? 1 : 0))
  evidence.breakEven += mean(({ model }) => breakEvenHitRate(model))
  addValue(
    evidence.returns,
    mean(({ model }) => riskReturn(model)),
  )
  addValue(
    evidence.differences,
    mean(({ model, baseline }) => riskReturn(model) - (baseline === null ? 0 : riskReturn(baseline))),
  )
}

/** Net return in units of stop and cost, within the barriers: a stop that was jumped over counts as -1 here. */
function riskReturn({ netReturn, stopDistance, costRate, profitDistance }: Label): number {
  return Math.min(profitDistance / stopDistance, Math.max(-1, netReturn / (stopDistance + costRate)))
}

/** Evidence of two disjoint sets of rounds under one rule. */
export function mergeEvidence(left: Evidence, right: Evidence): Evidence {
  return {
    labels: left.labels + right.labels,
    rounds: left.rounds + right.rounds,
    hits: left.hits + right.hits,
    breakEven: left.breakEven + right.breakEven,
    returns: mergeValueCounts(left.returns, right.returns),
    differences: mergeValueCounts(left.differences, right.differences),
  }
}

/**
 * The verdict on a model, valid at every look. Worse than baseline: what it earns less than the baseline is beyond chance. Loses
 * after costs: so is what it loses. Proven: so is what it earns, on at least PROVEN_LABELS_MIN labels, and the baseline did not
 * earn more on them. Else unproven.
 */
export function judgeModel(evidence: Evidence): ModelVerdict {
  if (isShown(evidence.differences, 'below')) return 'worse_than_baseline'
  if (isShown(evidence.returns, 'below')) return 'loses_after_costs'
  const enough = evidence.labels >= PROVEN_LABELS_MIN
  return enough && isShown(evidence.returns, 'above') && (valueMean(evidence.differences) ?? -1) >= 0 ? 'proven' : 'unproven'
}

function isShown(values: ValueCounts, side: Side): boolean {
  // With a mean on the other side every bet has lost (Jensen): most looks end here.
  if (side === 'above' ? values.sum <= 0 : values.sum >= 0) return false
  return logCapital(values, side) >= LOG_GOAL
}

export interface VerdictFigures {
  verdict: ModelVerdict
  labels: number
  rounds: number
  /** Means with their confidence sequences, in units of what a label risks; null without labels. */
  netReturn: (Interval & { mean: number }) | null
  difference: (Interval & { mean: number }) | null
  hitRate: (Interval & { mean: number; breakEven: number }) | null
}

/** The verdict with its figures. An end is beyond 0 exactly when the verdict can claim it. */
export function verdictFigures(evidence: Evidence): VerdictFigures {
  const { labels, rounds, hits, breakEven } = evidence
  const figures = (values: ValueCounts) => {
    const mean = valueMean(values)
    return mean === null ? null : { mean, ...meanSequence(values, CLAIM_ALPHA) }
  }
  return {
    verdict: judgeModel(evidence),
    labels,
    rounds,
    netReturn: figures(evidence.returns),
    difference: figures(evidence.differences),
    hitRate: rounds === 0 ? null : { mean: hits / rounds, breakEven: breakEven / rounds, ...shareSequence(hits, rounds, ALPHA) },
  }
}

/**
 * About how many labels a conclusion takes if they go on as they do: when the bets reach what the claim nearest to it asks for. Null
 * when none grows: there is nothing to be seen yet. PROVEN_LABELS_MIN while there is no label.
 */
export function labelsToConclude(evidence: Evidence): number | null {
  if (evidence.rounds === 0) return PROVEN_LABELS_MIN
  const { returns, differences } = evidence
  return wholeLabels(
    Math.max(PROVEN_LABELS_MIN, labelsToShow(evidence, returns, 'above')),
    labelsToShow(evidence, returns, 'below'),
    labelsToShow(evidence, differences, 'below'),
  )
}

/** Likewise, until one of the two that the differences are of is shown to earn more; null also without labels. */
export function labelsToTell(evidence: Evidence): number | null {
  if (evidence.rounds === 0) return null
  const { differences } = evidence
  return wholeLabels(labelsToShow(evidence, differences, 'above'), labelsToShow(evidence, differences, 'below'))
}

function labelsToShow({ labels, rounds }: Evidence, values: ValueCounts, side: Side): number {
  return (valuesToReach(values, side, LOG_GOAL) * labels) / rounds
}

function wholeLabels(...needed: readonly number[]): number | null {
  const least = Math.min(...needed)
  return Number.isFinite(least) ? Math.ceil(least) : null
}

/** When that is, at this rate of labels; null when it cannot be said. */
export function concludesAtMs(evidence: Evidence, labelsPerDay: number, nowMs: number): number | null {
  const needed = labelsToConclude(evidence)
  if (needed === null || !(labelsPerDay > 0)) return null
  return nowMs + Math.ceil((Math.max(0, needed - evidence.labels) / labelsPerDay) * 86_400_000)
}
