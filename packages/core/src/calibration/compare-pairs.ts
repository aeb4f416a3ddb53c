import type { BarrierRule, Label } from './labels.ts'
import { chooseRounds, type RoundCandidate } from './rounds.ts'
import { addRound, createEvidence, labelsToTell, verdictFigures, type Evidence, type VerdictFigures } from './verdict.ts'

/** What two models decided on one candle, and what came of it. */
export interface LabelledPair extends RoundCandidate {
  readonly first: Label
  readonly second: Label
}

export interface PairComparison {
  labels: number
  rounds: number
  /** Decision of the first round and end of the last, ms. */
  fromMs: number
  toMs: number
  first: VerdictFigures
  second: VerdictFigures
  /** Who earns more, beyond chance at every look; null: it cannot be told. */
  better: 'first' | 'second' | null
  /** About how many labels that takes if they go on as they do; null: there is nothing to be seen yet. */
  labelsToTell: number | null
}

/** Two models on the labels that both have, in the rounds that a verdict would take. Null without any. */
export function comparePairs(
  pairs: readonly LabelledPair[],
  rule: Pick<BarrierRule, 'profitAtrs' | 'stopAtrs'>,
): PairComparison | null {
  const rounds = chooseRounds(pairs)
  const [begin, end] = [rounds[0], rounds.at(-1)]
  if (begin === undefined || end === undefined) return null
  const [first, second]: [Evidence, Evidence] = [createEvidence(rule), createEvidence(rule)]
  for (const { members } of rounds) {
    addRound(
      first,
      members.map((pair) => ({ model: pair.first, baseline: pair.second })),
    )
    addRound(
      second,
      members.map((pair) => ({ model: pair.second, baseline: pair.first })),
    )
  }
  const figures = verdictFigures(first)
  const { low = 0, high = 0 } = figures.difference ?? {}
  return {
    labels: first.labels,
    rounds: first.rounds,
    fromMs: begin.decidedMs,
    toMs: end.endedMs,
    first: figures,
    second: verdictFigures(second),
    better: low > 0 ? 'first' : high < 0 ? 'second' : null,
    labelsToTell: labelsToTell(first),
  }
}
