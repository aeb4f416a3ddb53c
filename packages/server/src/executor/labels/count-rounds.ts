import { BASELINE } from '@spark/core/calibration/label-stream'
import { isLeftOut, periodsUpTo, type LeftOutPeriod } from '@spark/core/calibration/leave-out'
import { chooseRounds, type RoundCandidate } from '@spark/core/calibration/rounds'
import { addRound, createEvidence, judgeModel, type Evidence } from '@spark/core/calibration/verdict'
import { streamName, type Stream } from '@spark/core/market/candle'
import { timeframeMs } from '@spark/core/market/timeframe'
import type { ModelVerdict } from '@spark/core/rollout/state'
import type { StoredEvidence, StoredLabel, StoredLabelStream } from '../../storage/label-store.ts'
import type { LabelDeps } from './mature-labels.ts'

/** More than streams there are, so that all that was decided at one moment is read together. */
const LABELS_AT_ONCE = 2000

/** Streams whose candles close together have told of them by then; who comes later has missed the round. */
const SETTLED_MS = 120_000

interface Candidate extends RoundCandidate {
  own: StoredLabel | null
  control: StoredLabel | null
}

interface Judged {
  /** As they stand now, with what waits for its label. */
  streams: readonly StoredLabelStream[]
  /** Names of the streams that count. */
  judged: ReadonlySet<string>
  /** Times whose labels do not count. */
  leftOut: readonly LeftOutPeriod[]
}

/** Adds the rounds that have ended since the last time to the evidence on a model. */
export async function countRounds(
  deps: LabelDeps,
  model: string,
  from: Judged,
): Promise<{ rounds: number; verdict: ModelVerdict }> {
  let added = 0
  for (;;) {
    const before = await deps.labels.evidence(model)
    if (before !== null && otherLeftOut(deps, before, from)) return countAnew(deps, model, from, before)
    const evidence = before?.evidence ?? createEvidence(deps.rule)
    const page = await addRounds(deps, model, from, { evidence, roundsTo: before?.roundsTo ?? 0 })
    if (page.rounds === 0) return { rounds: added, verdict: before?.verdict ?? 'unproven' }
    const next = { evidence, roundsTo: page.roundsTo, verdict: judgeModel(evidence), leftOut: from.leftOut }
    const change = { fromTo: before?.roundsTo ?? null, counted: page.counted, nowMs: deps.clock.nowMs() }
    if (await deps.labels.saveEvidence(model, next, change)) added += page.rounds
    if (page.whole) return { rounds: added, verdict: next.verdict }
  }
}

/**
 * Whether somebody has marked, or unmarked, a time that touches what was counted. A label is left out by its expiry, which comes after
 * the end of its round when it ended soon: looking only up to that end, it would hang on outcomes which labels a mark of now leaves out.
 */
function otherLeftOut({ rule }: LabelDeps, { leftOut, roundsTo }: StoredEvidence, from: Judged): boolean {
  const judged = from.streams.filter(({ stream }) => from.judged.has(streamName(stream)))
  const longestMs = Math.max(0, ...judged.map(({ stream }) => timeframeMs(stream.tf)))
  const expiryMs = roundsTo + rule.expiryCandles * longestMs
  const names = [leftOut, from.leftOut].map((periods) => JSON.stringify(periodsUpTo(periods, expiryMs)))
  return names[0] !== names[1]
}

/** Counts every stored label again, and puts that in the place of what was counted: nobody sees a verdict on half of it. */
async function countAnew(
  deps: LabelDeps,
  model: string,
  from: Judged,
  before: StoredEvidence,
): Promise<{ rounds: number; verdict: ModelVerdict }> {
  const evidence = createEvidence(deps.rule)
  const counted: StoredLabel[] = []
  let [rounds, roundsTo] = [0, 0]
  for (;;) {
    const page = await addRounds(deps, model, from, { evidence, roundsTo })
    roundsTo = page.roundsTo
    rounds += page.rounds
    counted.push(...page.counted)
    if (page.whole || page.rounds === 0) break
  }
  const next = { evidence, roundsTo, verdict: judgeModel(evidence), leftOut: from.leftOut }
  const saved = await deps.labels.saveEvidence(model, next, {
    fromTo: before.roundsTo,
    counted,
    anew: true,
    nowMs: deps.clock.nowMs(),
  })
  return saved ? { rounds, verdict: next.verdict } : { rounds: 0, verdict: before.verdict }
}

/** Adds the rounds after `roundsTo` that can be read at once, in place; none when the next has not ended. */
async function addRounds(
  deps: LabelDeps,
  model: string,
  from: Judged,
  { evidence, roundsTo }: { evidence: Evidence; roundsTo: number },
): Promise<{ rounds: number; counted: StoredLabel[]; roundsTo: number; whole: boolean }> {
  let { candidates, whole, readTo } = await candidatesOf(deps, model, from, roundsTo)
  // Labels of streams that are not judged, or left out, may fill more than what is read at once.
  while (candidates.length === 0 && !whole) ({ candidates, whole, readTo } = await candidatesOf(deps, model, from, readTo))
  const rounds = chooseRounds(candidates)
  for (const { members } of rounds)
    addRound(
      evidence,
      members.flatMap(({ own, control }) => (own === null ? [] : { model: own.label, baseline: control?.label ?? null })),
    )
  const counted = rounds.flatMap(({ members }) => members.flatMap(({ own }) => own ?? []))
  return { rounds: rounds.length, counted, roundsTo: rounds.at(-1)?.endedMs ?? roundsTo, whole }
}

/** Labels and open decisions of the model from `fromMs` on, each with the baseline's on the same candle. */
async function candidatesOf(
  { labels, baseAsset, rule, marketMs }: LabelDeps,
  model: string,
  { streams, judged, leftOut }: Judged,
  fromMs: number,
): Promise<{ candidates: Candidate[]; whole: boolean; readTo: number }> {
  const own = await labels.enteredFrom(model, fromMs, LABELS_AT_ONCE)
  const control = await labels.enteredFrom(BASELINE, fromMs, LABELS_AT_ONCE)
  const readTo = Math.min(endOfRead(own), endOfRead(control))
  const toMs = Math.min(readTo, marketMs() - SETTLED_MS)
  const controlAt = new Map(control.map((one) => [placeOf(one.stream, one.label.ts), one]))
  // What should have ended by now has lost its candles: nobody waits for it.
  const isOpen = ({ decidedMs, stream }: Open) =>
    decidedMs + (rule.expiryCandles + 1) * timeframeMs(stream.tf) > marketMs() - SETTLED_MS
  const waiting = openOf(streams, BASELINE, isOpen)
  const candidates = [
    ...own.map((one): Candidate => {
      const place = placeOf(one.stream, one.label.ts)
      const other = controlAt.get(place) ?? null
      const endedMs = waiting.has(place) ? null : Math.max(one.label.exitTs, other?.label.exitTs ?? 0)
      return { ...candidateOf(one.stream, one.label.entryTs, endedMs, baseAsset), own: one, control: other }
    }),
    ...[...openOf(streams, model, isOpen).values()].map(({ stream, decidedMs }): Candidate => {
      return { ...candidateOf(stream, decidedMs, null, baseAsset), own: null, control: null }
    }),
  ].filter((one) => {
    const { tf, decidedMs: entryMs } = one
    if (!judged.has(streamName(one)) || entryMs < fromMs || entryMs >= toMs) return false
    return !isLeftOut(leftOut, { tf, entryMs, expiryCandles: rule.expiryCandles })
  })
  return { candidates, whole: readTo === Number.POSITIVE_INFINITY, readTo }
}

function candidateOf(
  { symbol, tf }: Stream,
  decidedMs: number,
  endedMs: number | null,
  baseAsset: (symbol: string) => string,
): RoundCandidate {
  return { symbol, tf, baseAsset: baseAsset(symbol), decidedMs, endedMs }
}

/** The moment that was perhaps not read whole; infinity when all was read. */
function endOfRead(labels: readonly StoredLabel[]): number {
  return labels.length < LABELS_AT_ONCE ? Number.POSITIVE_INFINITY : (labels.at(-1)?.label.entryTs ?? 0)
}

interface Open {
  stream: Stream
  decidedMs: number
}

/** Decisions without a stored label, by place. */
function openOf(streams: readonly StoredLabelStream[], model: string, isOpen: (one: Open) => boolean): Map<string, Open> {
  const open = streams.flatMap(({ stream, state }) =>
    (state.queues[model]?.open ?? []).map(
      ({ decision: { ts } }) => [placeOf(stream, ts), { stream, decidedMs: ts + timeframeMs(stream.tf) }] as const,
    ),
  )
  return new Map(open.filter(([, one]) => isOpen(one)))
}

const placeOf = (stream: Stream, ts: number): string => `${streamName(stream)} ${ts}`
