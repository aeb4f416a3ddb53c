import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Candle, Stream } from '../../packages/core/src/market/candle.ts'
import { timeframeMs } from '../../packages/core/src/market/timeframe.ts'

/** A kline as GET /api/v3/klines gives it: times in ms, everything else as text. */
export type KlineRow = [
  openTime: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  closeTime: number,
  quoteVolume: string,
  trades: number,
  takerBase: string,
  takerQuote: string,
  ignore: string,
]

const recorded = fileURLToPath(new URL('../../../shared/data/fixtures/rest_klines_finom/', import.meta.url))

/** The klines that the server knows, by stream, oldest first. The last one may still be forming. */
export class KlineBook {
  readonly #rows = new Map<string, Map<number, KlineRow>>()

  put(stream: Stream, row: KlineRow): void {
    const key = `${stream.symbol}@${stream.tf}`
    const rows = this.#rows.get(key) ?? new Map<number, KlineRow>()
    rows.set(row[0], row)
    this.#rows.set(key, rows)
  }

  putCandles(stream: Stream, candles: readonly Candle[]): void {
    for (const candle of candles) this.put(stream, klineRow(candle, stream))
  }

  /** As the exchange answers: from `startTime` the oldest first, without it the newest. */
  find(symbol: string, interval: string, startTime: number | null, endTime: number | null, limit: number): KlineRow[] {
    const rows = [...(this.#rows.get(`${symbol}@${interval}`)?.values() ?? [])]
      .filter((row) => row[0] >= (startTime ?? 0) && row[0] <= (endTime ?? Infinity))
      .sort((a, b) => a[0] - b[0])
    return startTime === null ? rows.slice(-limit) : rows.slice(0, limit)
  }

  /** Adds the recorded answers (BTCUSDT 1h of 2020-03 and 2021-05); false where the recordings are not there. */
  loadRecorded(): boolean {
    if (!existsSync(recorded)) return false
    for (const name of readdirSync(recorded)) {
      const rows = JSON.parse(gunzipSync(readFileSync(recorded + name)).toString()) as KlineRow[]
      for (const row of rows) this.put({ symbol: 'BTCUSDT', tf: '1h' }, row)
    }
    return true
  }
}

export function klineRow(candle: Candle, stream: Stream): KlineRow {
  const { ts, o, h, l, c, v } = candle
  const quote = text(v * c)
  const half = text(v / 2)
  return [
    ts,
    text(o),
    text(h),
    text(l),
    text(c),
    text(v),
    ts + timeframeMs(stream.tf) - 1,
    quote,
    100,
    half,
    text((v * c) / 2),
    '0',
  ]
}

function text(value: number): string {
  return value.toFixed(8)
}

/** The websocket event of a kline. */
export function klineEvent(stream: Stream, row: KlineRow, closed: boolean, eventMs: number): Record<string, unknown> {
  const [t, o, h, l, c, v, T, q, n, V, Q, B] = row
  const k = { t, T, s: stream.symbol, i: stream.tf, f: 100, L: 200, o, c, h, l, v, n, x: closed, q, V, Q, B }
  return { e: 'kline', E: eventMs, s: stream.symbol, k }
}
