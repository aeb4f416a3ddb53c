import type { Timeframe } from '@spark/core/market/timeframe'

/** A run of candles that the source does not have. */
export interface CandleGap {
  firstMissingTs: number
  missing: number
}

/** A line that is not a usable row. Lines count from 1, the header included. */
export interface KlineReject {
  line: number
  reason: string
}

/** What reading a kline dump found. Counts are of accepted rows. */
export interface KlineReport {
  symbol: string | null
  timeframe: Timeframe
  rows: number
  firstTs: number | null
  lastTs: number | null
  gaps: CandleGap[]
  missing: number
  /** Open times of candles whose close time is before their full length: the exchange stopped in the middle. */
  shortCandles: number[]
  zeroVolumeRows: number
  /** The first MAX_REJECTS rejects; `rejectCount` counts all. */
  rejects: KlineReject[]
  rejectCount: number
}

/** Rejects kept by line; a file that is wrong throughout must not fill the memory. */
export const MAX_REJECTS = 1000

export function emptyKlineReport(symbol: string | null, timeframe: Timeframe): KlineReport {
  return {
    symbol,
    timeframe,
    rows: 0,
    firstTs: null,
    lastTs: null,
    gaps: [],
    missing: 0,
    shortCandles: [],
    zeroVolumeRows: 0,
    rejects: [],
    rejectCount: 0,
  }
}

export function addReject(report: KlineReport, line: number, reason: string): void {
  report.rejectCount++
  if (report.rejects.length < MAX_REJECTS) report.rejects.push({ line, reason })
}
