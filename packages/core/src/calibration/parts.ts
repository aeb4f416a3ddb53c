import type { SignalParts } from '../signal/fuse.ts'
import type { Weights } from '../signal/model.ts'
import { addRow, correlation, createCoMoments, type CoMoments } from '../stats/moments.ts'

export const PART_NAMES = ['rsi', 'macd', 'trend'] as const
export type PartName = (typeof PART_NAMES)[number]

/** A part that says more than this share is dominant. */
const DOMINANT_SHARE = 0.6

/** What is kept of scores and labels, in the order they came. Plain JSON. */
export interface PartSums {
  scores: number
  /** Sum of |w · part|. */
  loudness: Record<PartName, number>
  parts: CoMoments
  /** The parts and what the price then did. */
  labelled: CoMoments
}

export function createPartSums(): PartSums {
  return {
    scores: 0,
    loudness: { rsi: 0, macd: 0, trend: 0 },
    parts: createCoMoments(PART_NAMES.length),
    labelled: createCoMoments(PART_NAMES.length + 1),
  }
}

/** Takes a score, in place. */
export function addScore(sums: PartSums, weights: Weights, parts: SignalParts): void {
  sums.scores += 1
  for (const name of PART_NAMES) sums.loudness[name] += Math.abs(weights[name] * parts[name])
  addRow(
    sums.parts,
    PART_NAMES.map((name) => parts[name]),
  )
}

/** Takes the parts of a label and its price move (up is positive, whatever was decided), in place. */
export function addOutcome(sums: PartSums, parts: SignalParts, move: number): void {
  addRow(sums.labelled, [...PART_NAMES.map((name) => parts[name]), move])
}

export interface PartFigures {
  scores: number
  labels: number
  /** Share of each part in what is said: a third each when balanced. Null while nothing was. */
  shares: Record<PartName, number> | null
  dominant: PartName | null
  /** By name, then name; null where a part never changed. */
  correlations: Record<PartName, Record<PartName, number | null>>
  withOutcome: Record<PartName, number | null>
}

export function partFigures({ scores, loudness, parts, labelled }: PartSums): PartFigures {
  const whole = PART_NAMES.reduce((sum, name) => sum + loudness[name], 0)
  const shares = whole > 0 ? byPart((name) => loudness[name] / whole) : null
  const at = (name: PartName) => PART_NAMES.indexOf(name)
  return {
    scores,
    labels: labelled.rows,
    shares,
    dominant: PART_NAMES.find((name) => shares !== null && shares[name] > DOMINANT_SHARE) ?? null,
    correlations: byPart((name) => byPart((other) => correlation(parts, at(name), at(other)))),
    withOutcome: byPart((name) => correlation(labelled, at(name), PART_NAMES.length)),
  }
}

function byPart<T>(value: (name: PartName) => T): Record<PartName, T> {
  return { rsi: value('rsi'), macd: value('macd'), trend: value('trend') }
}
