import { timeframeMs, type Timeframe } from '../market/timeframe.ts'

/** A label, or one that is not due yet, on its way into a test. */
export interface RoundCandidate {
  readonly symbol: string
  /** What it moves with: labels of one base asset at a time would count the same move twice. */
  readonly baseAsset: string
  readonly tf: Timeframe
  /** Time (ms) of the decision, the close of its candle. */
  readonly decidedMs: number
  /** When its outcome was known; null while it is not. */
  readonly endedMs: number | null
}

/** Labels decided at one moment, one a base asset. The next round begins when all have ended, so that rounds do not overlap. */
export interface Round<T> {
  readonly decidedMs: number
  readonly endedMs: number
  readonly members: readonly T[]
}

/**
 * The rounds from `fromMs` (end of the last one known) on, greedily: each begins with the first decision at or after the end of
 * the one before. What is chosen hangs on times alone, never on outcomes, and is known when it is decided: so each round has the
 * mean that the model's labels have, given the rounds before. Ends before the first round with a label that has not ended.
 * Of several streams of an asset the shortest timeframe is taken: it makes room soonest.
 */
export function chooseRounds<T extends RoundCandidate>(candidates: readonly T[], fromMs = Number.NEGATIVE_INFINITY): Round<T>[] {
  const rounds: Round<T>[] = []
  let freeFromMs = fromMs
  for (const together of groupByTime(candidates)) {
    const decidedMs = together[0]?.decidedMs ?? Number.NEGATIVE_INFINITY
    if (decidedMs < freeFromMs) continue
    const members = onePerAsset(together)
    let endedMs = decidedMs
    for (const member of members) {
      if (member.endedMs === null) return rounds
      endedMs = Math.max(endedMs, member.endedMs)
    }
    rounds.push({ decidedMs, endedMs, members })
    freeFromMs = endedMs
  }
  return rounds
}

function groupByTime<T extends RoundCandidate>(candidates: readonly T[]): T[][] {
  const groups: T[][] = []
  for (const candidate of candidates.toSorted(inOrder)) {
    const last = groups.at(-1)
    if (last?.[0]?.decidedMs === candidate.decidedMs) last.push(candidate)
    else groups.push([candidate])
  }
  return groups
}

function onePerAsset<T extends RoundCandidate>(together: readonly T[]): T[] {
  const taken = new Set<string>()
  return together.filter(({ baseAsset }) => !taken.has(baseAsset) && taken.add(baseAsset))
}

function inOrder(a: RoundCandidate, b: RoundCandidate): number {
  const byTime = a.decidedMs - b.decidedMs || timeframeMs(a.tf) - timeframeMs(b.tf)
  return byTime || (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0)
}
