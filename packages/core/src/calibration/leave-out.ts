import { timeframeMs, type Timeframe } from '../market/timeframe.ts'

/** A time whose labels count in no test and no update, ms; the end is not included. */
export interface LeftOutPeriod {
  readonly fromMs: number
  readonly toMs: number
}

/** By time, those that touch joined: the same times give the same periods. */
export function mergePeriods(periods: readonly LeftOutPeriod[]): LeftOutPeriod[] {
  const merged: LeftOutPeriod[] = []
  for (const { fromMs, toMs } of periods.toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)) {
    const last = merged.at(-1)
    if (last === undefined || fromMs > last.toMs) merged.push({ fromMs, toMs })
    else merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, toMs) }
  }
  return merged
}

/**
 * Whether a label that was entered at `entryMs` is left out: the time until its expiry touches a period. Not the time until it
 * ended: that hangs on the outcome, and what counts must not.
 */
export function isLeftOut(
  periods: readonly LeftOutPeriod[],
  { tf, entryMs, expiryCandles }: { tf: Timeframe; entryMs: number; expiryCandles: number },
): boolean {
  const expiryMs = entryMs + expiryCandles * timeframeMs(tf)
  return periods.some(({ fromMs, toMs }) => entryMs < toMs && expiryMs > fromMs)
}

/** What of the periods lies before `toMs`: whether evidence on labels that expire by then was counted with the same ones. */
export function periodsUpTo(periods: readonly LeftOutPeriod[], toMs: number): LeftOutPeriod[] {
  return periods.filter(({ fromMs }) => fromMs < toMs).map((one) => ({ fromMs: one.fromMs, toMs: Math.min(one.toMs, toMs) }))
}
