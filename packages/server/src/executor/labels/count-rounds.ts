import { BASELINE } from '@spark/core/calibration/label-stream'
import { chooseRounds, type RoundCandidate } from '@spark/core/calibration/rounds'
import { addRound, createEvidence, judgeModel } from '@spark/core/calibration/verdict'
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
    const { candidates, whole } = await candidatesOf(deps, model, from, before?.roundsTo ?? 0)
    const rounds = chooseRounds(candidates)
    const last = rounds.at(-1)
    if (last === undefined) return { rounds: added, verdict: before?.verdict ?? 'unproven' }
    const evidence = before?.evidence ?? createEvidence(deps.rule)
    for (const { members } of rounds)
      addRound(
        evidence,
        members.flatMap(({ own, control }) => (own === null ? [] : { model: own.label, baseline: control?.label ?? null })),
      )
    const next: StoredEvidence = { evidence, roundsTo: last.endedMs, verdict: judgeModel(evidence) }
    const counted = rounds.flatMap(({ members }) => members.flatMap(({ own }) => own ?? []))
    const change = { fromTo: before?.roundsTo ?? null, counted, nowMs: deps.clock.nowMs() }
    if (await deps.labels.saveEvidence(model, next, change)) added += rounds.length
    if (whole) return { rounds: added, verdict: next.verdict }
  }
}

/** Labels and open decisions of the model from `fromMs` on, each with the baseline's on the same candle. */
async function candidatesOf(
  { labels, baseAsset, rule, marketMs }: LabelDeps,
  model: string,
  { streams, judged }: Judged,
  fromMs: number,
): Promise<{ candidates: Candidate[]; whole: boolean }> {
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
  ].filter((one) => judged.has(streamName(one)) && one.decidedMs >= fromMs && one.decidedMs < toMs)
  return { candidates, whole: readTo === Number.POSITIVE_INFINITY }
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
