import { breakEvenHitRate, type Label } from './labels.ts'

/** Sums are whole numbers of billionths, so that they merge to the same bits in any order (up to 9 million labels). */
const NANO = 1e9

/** Confidences closer to 0 and 1 count as this in the log-loss: one of them must not make it infinite. */
const CONFID_EDGE = 1e-15

/** What is kept of labels: of a model version, bucket, arm, symbol and timeframe, or of several together. Plain JSON. */
export interface LabelCounter {
  labels: number
  hits: number
  ambiguous: number
  candlesHeld: number
  confidNano: number
  /** Sum of (confid - hit)². */
  brierNano: number
  logLossNano: number
  breakEvenNano: number
  netReturnNano: number
}

export function createCounter(): LabelCounter {
  return {
    labels: 0,
    hits: 0,
    ambiguous: 0,
    candlesHeld: 0,
    confidNano: 0,
    brierNano: 0,
    logLossNano: 0,
    breakEvenNano: 0,
    netReturnNano: 0,
  }
}

/** The part of a label that is counted. */
export type CountedLabel = Pick<
  Label,
  'confid' | 'hit' | 'ambiguous' | 'candlesHeld' | 'netReturn' | 'profitDistance' | 'stopDistance' | 'costRate'
>

/** The counter of one label. */
export function counterOf(label: CountedLabel): LabelCounter {
  const { confid, hit } = label
  const right = Math.min(1 - CONFID_EDGE, Math.max(CONFID_EDGE, hit ? confid : 1 - confid))
  return {
    labels: 1,
    hits: hit ? 1 : 0,
    ambiguous: label.ambiguous ? 1 : 0,
    candlesHeld: label.candlesHeld,
    confidNano: nano(confid),
    brierNano: nano((confid - (hit ? 1 : 0)) ** 2),
    logLossNano: nano(-Math.log(right)),
    breakEvenNano: nano(breakEvenHitRate(label)),
    netReturnNano: nano(label.netReturn),
  }
}

/** A new counter of the labels of both. */
export function mergeCounters(left: LabelCounter, right: LabelCounter): LabelCounter {
  return {
    labels: left.labels + right.labels,
    hits: left.hits + right.hits,
    ambiguous: left.ambiguous + right.ambiguous,
    candlesHeld: left.candlesHeld + right.candlesHeld,
    confidNano: left.confidNano + right.confidNano,
    brierNano: left.brierNano + right.brierNano,
    logLossNano: left.logLossNano + right.logLossNano,
    breakEvenNano: left.breakEvenNano + right.breakEvenNano,
    netReturnNano: left.netReturnNano + right.netReturnNano,
  }
}

/** Means over the labels of a counter; null without labels. */
export interface CounterMeans {
  hitRate: number
  confid: number
  brier: number
  logLoss: number
  /** Hit rate at which nothing would be earned. */
  breakEven: number
  /** Net of costs, share of the entry price. */
  netReturn: number
  candlesHeld: number
}

export function counterMeans(counter: LabelCounter): CounterMeans | null {
  const { labels } = counter
  if (labels === 0) return null
  const mean = (sumNano: number) => sumNano / NANO / labels
  return {
    hitRate: counter.hits / labels,
    confid: mean(counter.confidNano),
    brier: mean(counter.brierNano),
    logLoss: mean(counter.logLossNano),
    breakEven: mean(counter.breakEvenNano),
    netReturn: mean(counter.netReturnNano),
    candlesHeld: counter.candlesHeld / labels,
  }
}

// "+ 0" turns -0, which JSON cannot hold, into 0.
function nano(value: number): number {
  return Math.round(value * NANO) + 0
}
