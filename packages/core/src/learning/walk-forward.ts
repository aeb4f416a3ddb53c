/** A stretch of training and the test after it, in ms; ends are not included. */
export interface Split {
  trainFromTs: number
  /** Training ends so long before the test that nothing of it reaches in: see `trainingEvents`. */
  trainToTs: number
  testFromTs: number
  testToTs: number
}

/** What is learned from, or judged: it began with a decision and ended when its outcome was known. */
export interface Span {
  /** Open time of the candle that was decided on, ms. */
  readonly ts: number
  /** When the outcome was known, ms. */
  readonly exitTs: number
}

export const FOLDS_MAX = 100

/**
 * Cuts [fromTs, toTs) into one stretch more than there are folds; each fold tests one, from the second on, and trains on all
 * before it (walk-forward, anchored). RangeError when the stretches would not be longer than the embargo.
 */
export function walkForwardSplits(period: { fromTs: number; toTs: number; folds: number; embargoMs: number }): Split[] {
  const { fromTs, toTs, folds, embargoMs } = period
  if (!(Number.isSafeInteger(folds) && folds >= 1 && folds <= FOLDS_MAX))
    throw new RangeError(`${folds} folds: must be a whole number from 1 to ${FOLDS_MAX}`)
  const length = (toTs - fromTs) / (folds + 1)
  if (!(embargoMs >= 0 && length > embargoMs))
    throw new RangeError(`a stretch of ${length} ms is not longer than the embargo of ${embargoMs} ms`)
  return Array.from({ length: folds }, (_, fold) => {
    const testFromTs = Math.round(fromTs + (fold + 1) * length)
    return {
      trainFromTs: fromTs,
      trainToTs: testFromTs - embargoMs,
      testFromTs,
      testToTs: Math.round(fromTs + (fold + 2) * length),
    }
  })
}

/**
 * What of the events may be trained on: its outcome was known before the embargo began. That purges what overlaps the test,
 * and keeps apart what follows closely and looks alike (López de Prado, Advances in Financial Machine Learning, 2018, chapter 7).
 */
export function trainingEvents<Event extends Span>(events: readonly Event[], split: Split): Event[] {
  return events.filter(({ ts, exitTs }) => ts >= split.trainFromTs && exitTs <= split.trainToTs)
}

export function testEvents<Event extends Span>(events: readonly Event[], split: Split): Event[] {
  return events.filter(({ ts }) => ts >= split.testFromTs && ts < split.testToTs)
}
