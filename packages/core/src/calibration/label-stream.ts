import { createIndicatorSet, pushCandle, type IndicatorSet, type IndicatorValues } from '../indicators/indicator-set.ts'
import type { Candle } from '../market/candle.ts'
import type { Timeframe } from '../market/timeframe.ts'
import { fuse, type SignalParts } from '../signal/fuse.ts'
import type { Model } from '../signal/model.ts'
import { baselineDecision } from '../trading/decide-position.ts'
import {
  createLabelQueue,
  pushDecision,
  pushLabelCandle,
  type BarrierRule,
  type Label,
  type LabelledDecision,
  type LabelQueue,
} from './labels.ts'

/** Whom the labels of the control rule belong to; it has no confidence, which stands as one half. */
export const BASELINE = 'baseline'

export interface ScoredDecision extends LabelledDecision {
  readonly parts: SignalParts
}

/** A label and whose it is: a model version, or BASELINE. */
export interface ModelLabel {
  readonly model: string
  readonly label: Label<ScoredDecision>
}

/** Indicators of a stream and what waits for its label, by model. Plain JSON; changed in place. */
export interface LabelStream {
  readonly timeframe: Timeframe
  indicators: IndicatorSet
  queues: Record<string, LabelQueue<ScoredDecision>>
}

export function createLabelStream(timeframe: Timeframe): LabelStream {
  return { timeframe, indicators: createIndicatorSet(timeframe), queues: {} }
}

/** Warms the indicators with a closed candle; nothing is decided on it. */
export function warmLabelStream(stream: LabelStream, candle: Candle): void {
  pushCandle(stream.indicators, candle)
}

/**
 * Takes the next closed candle, returns the labels that are due, and decides on the candle for each model and the baseline: the
 * same row, so that they are compared in pairs. A model that is no longer asked for gets the labels of what it decided.
 */
export function pushStreamCandle(
  stream: LabelStream,
  candle: Candle,
  { models, rule }: { models: readonly Model[]; rule: BarrierRule },
): ModelLabel[] {
  const values = pushCandle(stream.indicators, candle)
  const followed = new Set([BASELINE, ...models.map(({ version }) => version)])
  for (const model of followed) stream.queues[model] ??= createLabelQueue(stream.timeframe, rule)
  const due: ModelLabel[] = []
  for (const [model, queue] of Object.entries(stream.queues)) {
    for (const label of pushLabelCandle(queue, candle)) due.push({ model, label })
    if (queue.open.length === 0 && !followed.has(model)) delete stream.queues[model]
  }
  if (values !== null) decideAll(stream, candle, values, models)
  return due
}

function decideAll(stream: LabelStream, candle: Candle, values: IndicatorValues, models: readonly Model[]): void {
  const decide = (model: string, score: number, confid: number, parts: SignalParts) => {
    const queue = stream.queues[model]
    if (queue === undefined || score === 0) return
    pushDecision(queue, { ts: candle.ts, direction: score > 0 ? 1 : -1, confid, atr: values.atr_14 ?? 0, parts })
  }
  const { h, l, c } = candle
  for (const model of models) {
    const { score, confid, parts } = fuse(model, { h, l, c, ...values })
    decide(model.version, score, confid, parts)
  }
  decide(BASELINE, baselineDecision(values), 0.5, { rsi: 0, macd: 0, trend: 0 })
}
