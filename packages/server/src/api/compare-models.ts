import type { ModelComparison } from '@spark/contract/models'
import { comparePairs, type LabelledPair } from '@spark/core/calibration/compare-pairs'
import { DEFAULT_BARRIERS } from '@spark/core/calibration/labels'
import { timeframeMs } from '@spark/core/market/timeframe'
import { mainStreams } from '../main-streams.ts'
import type { LabelStore, StoredLabelStream } from '../storage/label-store.ts'
import type { StrategyStore } from '../storage/strategy-store.ts'
import { paperInstrument } from '../venue/paper-instruments.ts'

/** About twelve weeks of 1h. */
const LABELS_A_STREAM = 2000

interface CompareDeps {
  labels: Pick<LabelStore, 'streams' | 'newestOn'>
  strategies: Pick<StrategyStore, 'list'>
}

/** What two versions earned on the candles that both decided on and whose labels are due. */
export async function compareModels(deps: CompareDeps, first: string, second: string): Promise<ModelComparison> {
  const found = comparePairs(await pairsOf(deps, first, second), DEFAULT_BARRIERS)
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
    difference: found?.first.difference ?? null,
    better: found?.better ?? null,
    labelsToTell: found?.labelsToTell ?? null,
  }
}

async function pairsOf({ labels, strategies }: CompareDeps, first: string, second: string): Promise<LabelledPair[]> {
  const streams = await labels.streams()
  const judged = mainStreams(
    streams.map(({ stream }) => stream),
    await strategies.list(),
    baseAsset,
  )
  const endedMs = Math.max(0, ...streams.map(endOf))
  const pairs: LabelledPair[] = []
  for (const stream of judged) {
    const { symbol, tf } = stream
    const decidedMs = ({ ts }: { ts: number }) => ts + timeframeMs(tf)
    // Whoever decided later may not have its label yet: what ended quickly must not come into the test alone.
    const toMs = endedMs - (DEFAULT_BARRIERS.expiryCandles + 1) * timeframeMs(tf)
    const others = new Map((await labels.newestOn(second, stream, LABELS_A_STREAM)).map(({ label }) => [label.ts, label]))
    for (const { label } of await labels.newestOn(first, stream, LABELS_A_STREAM)) {
      const other = others.get(label.ts)
      if (other === undefined || decidedMs(label) > toMs) continue
      const ended = Math.max(label.exitTs, other.exitTs)
      pairs.push({
        symbol,
        tf,
        baseAsset: baseAsset(symbol),
        decidedMs: decidedMs(label),
        endedMs: ended,
        first: label,
        second: other,
      })
    }
  }
  return pairs
}

const baseAsset = (symbol: string): string => paperInstrument(symbol)?.base ?? symbol
const endOf = ({ stream, lastTs }: StoredLabelStream): number => lastTs + timeframeMs(stream.tf)
