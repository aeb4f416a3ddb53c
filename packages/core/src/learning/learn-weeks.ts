import type { Sha256 } from '../audit/chain.ts'
import type { Label } from '../calibration/labels.ts'
import { streamName, type Stream } from '../market/candle.ts'
import type { SignalParts } from '../signal/fuse.ts'
import type { Model } from '../signal/model.ts'
import { createLearnerState, type LearnerState } from './learner-state.ts'
import { updateWeekly, type LearningSample } from './weekly-update.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** 1970-01-05, the first Monday. */
const MONDAY_MS = 4 * DAY_MS

/** When a sample was entered, and when it was over. */
type Timed = Pick<MaturedSample, 'stream' | 'symbol' | 'ts' | 'entryTs' | 'exitTs'>

/** What came of a candle for both directions, and when that was known. */
export interface MaturedSample extends LearningSample {
  readonly symbol: string
  readonly entryTs: number
  /** End (ms) of the candle in which the later of both was closed. */
  readonly exitTs: number
  readonly long: Label
  readonly short: Label
}

/** The sample of two labels of the same candle. */
export function maturedSample(stream: Stream, parts: SignalParts, long: Label, short: Label): MaturedSample {
  return {
    stream: streamName(stream),
    symbol: stream.symbol,
    ts: long.ts,
    entryTs: long.entryTs,
    exitTs: Math.max(long.exitTs, short.exitTs),
    parts,
    longHit: long.hit,
    shortHit: short.hit,
    long,
    short,
  }
}

export interface LearnedWeek {
  /** From when it may be used: the Monday after the last label it was made from, ms UTC. */
  fromTs: number
  model: Model
}

/**
 * The models that a weekly update would have made, each from labels known before its Monday and from the model before it. In
 * production a rollout stands between two of them.
 */
export function learnWeeks(
  first: Model,
  samples: readonly MaturedSample[],
  weightsFixed: boolean,
  sha256: Sha256,
): { weeks: LearnedWeek[]; state: LearnerState } {
  const weeks: LearnedWeek[] = []
  let parent = first
  let state = createLearnerState()
  for (const [fromTs, matured] of byMonday(samples)) {
    const input = {
      parent,
      state,
      samples: matured,
      weightsFixed,
      rolloutStartedMs: null,
      nowMs: fromTs,
      trainedAt: fromTs,
      expiresAt: null,
    }
    const update = updateWeekly(input, sha256)
    state = update.state
    if (!update.ok) continue
    parent = update.candidate
    weeks.push({ fromTs, model: parent })
  }
  return { weeks, state }
}

/** The model in use at a time: that of the last week begun, or the first one. */
export function modelAt(first: Model, weeks: readonly LearnedWeek[], ts: number): Model {
  let low = 0
  let high = weeks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((weeks[middle]?.fromTs ?? Number.POSITIVE_INFINITY) <= ts) low = middle + 1
    else high = middle
  }
  return weeks[low - 1]?.model ?? first
}

/** Greedily the first of each symbol, then the first that is entered when that one was over: what happened once counts once. */
export function withoutOverlap<Sample extends Timed>(samples: readonly Sample[]): Sample[] {
  const freeFromTs = new Map<string, number>()
  return samples
    .toSorted((a, b) => a.ts - b.ts || a.exitTs - b.exitTs || (a.stream < b.stream ? -1 : 1))
    .filter(({ symbol, entryTs, exitTs }) => {
      if (entryTs < (freeFromTs.get(symbol) ?? 0)) return false
      freeFromTs.set(symbol, exitTs)
      return true
    })
}

/** The Monday, 00:00 UTC, at or after a time, ms. */
export function mondayFrom(timeMs: number): number {
  return Math.ceil((timeMs - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS
}

/** By the Monday after each label was known, in time. */
function byMonday(samples: readonly MaturedSample[]): [fromTs: number, matured: MaturedSample[]][] {
  const mondays = new Map<number, MaturedSample[]>()
  for (const sample of samples) {
    const fromTs = mondayFrom(sample.exitTs)
    const matured = mondays.get(fromTs)
    if (matured === undefined) mondays.set(fromTs, [sample])
    else matured.push(sample)
  }
  return [...mondays].sort(([a], [b]) => a - b)
}
