import {
  createLabelQueue,
  DEFAULT_BARRIERS,
  pushDecision,
  pushLabelCandle,
  roundTripCost,
  type Label,
  type TradingCosts,
} from '@spark/core/calibration/labels'
import { maturedSample, type MaturedSample } from '@spark/core/learning/learn-weeks'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import type { SignalParts } from '@spark/core/signal/fuse'
import { ReplayCursor } from '../replay/replay-cursor.ts'
import { openFiles, type BacktestStream } from './backtest-streams.ts'

/** Labels of a stream for both directions, by the default barriers; none begins before the one before it is over. */
export async function collectSamples(stream: BacktestStream, costs: TradingCosts): Promise<MaturedSample[]> {
  const rule = { ...DEFAULT_BARRIERS, costRate: roundTripCost(costs) }
  const [long, short] = [createLabelQueue(stream.tf, rule), createLabelQueue(stream.tf, rule)]
  // The parts of a row are the same under every model with these gains.
  const replay = new ReplayCursor(ML_FUSION_1_2, 0)
  const samples: MaturedSample[] = []
  let parts: SignalParts | null = null
  let longLabel: Label | null = null
  let shortLabel: Label | null = null
  for await (const klines of openFiles(stream)) {
    replay.open(klines)
    while (replay.step()) {
      const { candle } = replay
      longLabel = pushLabelCandle(long, candle)[0] ?? longLabel
      shortLabel = pushLabelCandle(short, candle)[0] ?? shortLabel
      if (long.open.length > 0 || short.open.length > 0) continue
      if (parts !== null && longLabel !== null && shortLabel !== null)
        samples.push(maturedSample(stream, parts, longLabel, shortLabel))
      parts = longLabel = shortLabel = null
      if (!replay.scored) continue
      parts = replay.fused.parts
      const decision = { ts: candle.ts, confid: 0, atr: replay.values.atr_14 ?? 0 }
      pushDecision(long, { ...decision, direction: 1 })
      pushDecision(short, { ...decision, direction: -1 })
    }
  }
  return samples
}
