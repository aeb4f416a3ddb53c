import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { WARM_UP_CANDLES } from '@spark/core/market/gap'
import { ML_FUSION_1_2 } from '@spark/core/signal/model'
import { KlineCursor } from '../feed/kline-cursor.ts'
import { readKlineBytes } from '../feed/kline-file.ts'
import { ReplayCursor } from '../replay/replay-cursor.ts'
import { temporaryFolder } from '../storage/temporary-folder.ts'
import { findStreams } from './backtest-streams.ts'
import { readScoredSeries } from './scored-series.ts'

const HOUR = 3_600_000
const ROWS = 5000

it('a scored series holds every candle, and the scores that a replay gives from the warm-up on', async () => {
  const folder = temporaryFolder()
  const close = (at: number) => 100 + 10 * Math.sin(at / 20)
  const row = (at: number) =>
    `${(1000 + at) * HOUR + Date.UTC(2024, 0, 1)},${close(at - 1)},${1 + Math.max(close(at), close(at - 1))},${Math.min(close(at), close(at - 1)) - 1},${close(at)},1\n`
  const path = join(folder, 'BTCUSDT-1h-1.csv')
  writeFileSync(path, Array.from({ length: ROWS }, (_, at) => row(at)).join(''))
  const [stream] = await findStreams([folder])
  if (stream === undefined) throw new Error('no stream')
  const series = await readScoredSeries(stream, ML_FUSION_1_2)
  expect([series.ts.length, series.lengthMs]).toEqual([ROWS, HOUR])
  const replay = new ReplayCursor(ML_FUSION_1_2, 0)
  replay.open(new KlineCursor(await readKlineBytes(path), { symbol: 'BTCUSDT', timeframe: '1h' }))
  for (let at = 0; at < WARM_UP_CANDLES - 1; at += 1) expect([series.score[at], series.atr[at]]).toEqual([Number.NaN, Number.NaN])
  for (let at = WARM_UP_CANDLES - 1; replay.next(); at += 1) {
    const { candle, fused, values } = replay
    expect([series.ts[at], series.o[at], series.h[at], series.l[at], series.c[at]]).toEqual([
      candle.ts,
      candle.o,
      candle.h,
      candle.l,
      candle.c,
    ])
    expect([series.score[at], series.confid[at], series.atr[at]]).toEqual([fused.score, fused.confid, values.atr_14])
  }
})
