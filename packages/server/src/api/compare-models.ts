import type { ModelComparison } from '@spark/contract/models'
import { comparePairs, type LabelledPair } from '@spark/core/calibration/compare-pairs'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { streamName, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import { mainStreams } from '../main-streams.ts'
import type { LabelStore, StoredLabel, StoredLabelStream } from '../storage/label-store.ts'
import type { StrategyStore } from '../storage/strategy-store.ts'
import { paperInstrument } from '../venue/paper-instruments.ts'

/** About thirty weeks of 1h. */
export const LABELS_A_STREAM = 5000

export interface CompareDeps {
  labels: Pick<LabelStore, 'streams' | 'oldestOn'>
  strategies: Pick<StrategyStore, 'list'>
}

/**
 * What two versions earned on the candles that both decided on and whose labels are due, from the first of these on. That start stays
 * as long as the same streams are judged and their labels are kept; where it moves, a look is another test, and some of those show a
 * difference by chance. It is for reading and decides nothing.
 */
export async function compareModels(deps: CompareDeps, first: string, second: string): Promise<ModelComparison> {
  const { pairs, full } = await pairsOf(deps, first, second)
  const found = comparePairs(pairs, DEFAULT_BARRIERS)
  const sideOf = (model: string, side: 'first' | 'second') => ({
    model,
    netReturn: found?.[side].netReturn ?? null,
    hitRate: found?.[side].hitRate ?? null,
  })
  return {
    first: sideOf(first, 'first'),
    second: sideOf(second, 'second'),
    labels: found?.labels ?? 0,
    rounds: found?.rounds ?? 0,
    fromTs: found?.fromMs ?? null,
    toTs: found?.toMs ?? null,
    full,
    difference: found?.first.difference ?? null,
    better: found?.better ?? null,
    labelsToTell: full ? null : (found?.labelsToTell ?? null),
  }
}

async function pairsOf(
  { labels, strategies }: CompareDeps,
  first: string,
  second: string,
): Promise<{ pairs: LabelledPair[]; full: boolean }> {
  const streams = await labels.streams()
  const judged = mainStreams(
    streams.map(({ stream }) => stream),
    await strategies.list(),
    baseAsset,
  )
  const ended = new Map(streams.map((one) => [streamName(one.stream), endOf(one)]))
  const pairs: LabelledPair[] = []
  // Of each stream that has labels of both: whether all that are looked at are there, of either.
  const done: boolean[] = []
  for (const stream of judged) {
    const { symbol, tf } = stream
    // Whoever decided later may not have its label yet: what ended quickly must not come into the test alone.
    const toMs = (ended.get(streamName(stream)) ?? 0) - (DEFAULT_BARRIERS.expiryCandles + 1) * timeframeMs(tf)
    const [own, other] = await fromTheFirstOfBoth(labels, stream, first, second)
    const others = new Map(other.map(({ label }) => [label.ts, label]))
    for (const { label } of own) {
      const matched = others.get(label.ts)
      const decidedMs = label.ts + timeframeMs(tf)
      if (matched === undefined || decidedMs > toMs) continue
      const endedMs = Math.max(label.exitTs, matched.exitTs)
      pairs.push({ symbol, tf, baseAsset: baseAsset(symbol), decidedMs, endedMs, first: label, second: matched })
    }
    if (own.length > 0 && other.length > 0) done.push(Math.min(own.length, other.length) === LABELS_A_STREAM)
  }
  return { pairs, full: done.length > 0 && done.every(Boolean) }
}

/** Labels of both on a stream, of the same candles; none of either before both have one. */
async function fromTheFirstOfBoth(
  labels: CompareDeps['labels'],
  stream: Stream,
  first: string,
  second: string,
): Promise<[StoredLabel[], StoredLabel[]]> {
  const firstTs = async (model: string) => (await labels.oldestOn(model, stream, 0, 1))[0]?.label.ts ?? null
  const [own, other] = [await firstTs(first), await firstTs(second)]
  if (own === null || other === null) return [[], []]
  const from = (model: string) => labels.oldestOn(model, stream, Math.max(own, other), LABELS_A_STREAM)
  return [await from(first), await from(second)]
}

const baseAsset = (symbol: string): string => paperInstrument(symbol)?.base ?? symbol
const endOf = ({ stream, lastTs }: StoredLabelStream): number => lastTs + timeframeMs(stream.tf)
